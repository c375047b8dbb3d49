//! Messages between people, with a form to reply.

use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use vestry_contract::ui::Feed;

use crate::cell::{CellValue, time_data};
use crate::place::Place;
use crate::{Draw, Html, ScreenError, blocks::form};

pub(crate) fn html(name: &str, feed: &Feed, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let mut messages = Vec::with_capacity(feed.messages.len());
    for message in &feed.messages {
        let mut time = String::new();
        draw.cells.write(CellValue::Time(message.time), &mut time)?;
        messages.push(context! {
            author => &message.author,
            time => Value::from_safe_string(time),
            text => &message.text,
            mine => message.mine,
        });
    }
    let reply = match &feed.reply {
        Some(reply) => form::html(&format!("{name}-reply"), reply, draw)?,
        None => Html::default(),
    };
    draw.block("blocks/feed.html", name, context! { messages, reply => Value::from(reply) })
}

/// `{"messages": [{"author", "time", "text", "mine"}], "reply": FORM?}`.
pub(crate) fn data(feed: &Feed, place: &dyn Place) -> Json {
    let messages: Vec<_> = feed
        .messages
        .iter()
        .map(|message| json!({ "author": message.author, "time": time_data(message.time), "text": message.text, "mine": message.mine }))
        .collect();
    let mut twin = json!({ "messages": messages });
    if let Some(reply) = &feed.reply {
        twin["reply"] = form::data(reply, place);
    }
    twin
}
