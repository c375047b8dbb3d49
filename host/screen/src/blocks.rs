//! The blocks, one file for each kind: what its template is given, and its JSON twin.

pub mod actions;
pub mod chart;
mod diff;
mod facts;
mod feed;
pub mod form;
mod frame;
mod job;
mod log;
mod notice;
mod other;
mod panel;
mod picture;
mod progress;
mod prose;
mod source;
pub mod table;

use serde_json::Value as Json;
use vestry_contract::ui::{Block, Content};

use crate::place::Place;
use crate::{Draw, Html, ScreenError};

/// A block as HTML. On a page that is followed one that shows nothing keeps its place: an update may fill it.
pub(crate) fn html(block: &Block, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let drawn = of_its_kind(block, draw)?;
    if !drawn.is_empty() || draw.place.stream().is_none() {
        return Ok(drawn);
    }
    let id = Html::escaped(&draw.anchor(&block.name));
    Ok(Html::trusted(format!("<div class=\"block\" id=\"{}\" hidden></div>", id.as_str())))
}

fn of_its_kind(block: &Block, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let name = block.name.as_str();
    match &block.content {
        Content::Prose(text) => prose::html(name, text, draw),
        Content::Notice(notice) => notice::html(name, notice, draw),
        Content::Facts(facts) => facts::html(name, facts, draw),
        Content::Actions(actions) => actions::html(name, actions, draw),
        Content::Table(table) => table::html(name, table, draw),
        Content::Form(form) => form::html(name, form, draw),
        Content::Log(log) => log::html(name, log, draw),
        Content::Chart(chart) => chart::html(name, chart, draw),
        Content::Feed(feed) => feed::html(name, feed, draw),
        Content::Source(source) => source::html(name, source, draw),
        Content::Diff(diff) => diff::html(name, diff, draw),
        Content::Picture(picture) => picture::html(name, picture, draw),
        Content::Progress(percent) => progress::html(name, *percent, draw),
        Content::Job(id) => job::html(name, id, draw),
        Content::Frame(route) => frame::html(name, route, draw),
        Content::Panel(panel) => panel::html(name, panel, draw),
        Content::Other((kind, _)) => other::html(name, kind, draw),
    }
}

/// A block for an API client.
pub(crate) fn data(block: &Block, place: &dyn Place) -> Result<Json, ScreenError> {
    Ok(match &block.content {
        Content::Prose(text) => prose::data(text, place),
        Content::Notice(notice) => notice::data(notice, place),
        Content::Facts(facts) => facts::data(facts, place),
        Content::Actions(actions) => actions::data(actions, place),
        Content::Table(table) => table::data(&block.name, table, place)?,
        Content::Form(form) => form::data(form, place),
        Content::Log(log) => log::data(log, place),
        Content::Chart(chart) => chart::data(chart, place),
        Content::Feed(feed) => feed::data(feed, place),
        Content::Source(source) => source::data(source),
        Content::Diff(diff) => diff::data(diff),
        Content::Picture(picture) => picture::data(picture, place),
        Content::Progress(percent) => progress::data(*percent),
        Content::Job(id) => job::data(id, place),
        Content::Frame(route) => frame::data(route, place),
        Content::Panel(panel) => panel::data(panel),
        Content::Other((kind, value)) => other::data(kind, value),
    })
}
