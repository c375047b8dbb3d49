//! Markdown as HTML. Raw HTML is shown as the text that it is, images leave only their words, and a link leads to an
//! own route or, by way of the leave page, to an https address; all others are just text.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use url::form_urlencoded;
use vestry_contract::ui::RouteRef;

use crate::place::Place;
use crate::{Html, links};

/// Headings start at `top` (2 to 6), so that the page's outline has no gap.
pub(crate) fn render(text: &str, top: u8, place: &dyn Place) -> Html {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut open_links = Vec::new();
    let events = parser.filter_map(|event| tame(event, top, place, &mut open_links));
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    Html::trusted(out)
}

fn tame<'e>(event: Event<'e>, top: u8, place: &dyn Place, open_links: &mut Vec<bool>) -> Option<Event<'e>> {
    Some(match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
        // Alignment would be written as a style attribute.
        Event::Start(Tag::Table(columns)) => {
            Event::Start(Tag::Table(vec![pulldown_cmark::Alignment::None; columns.len()]))
        }
        Event::Start(Tag::Heading { level, .. }) => {
            Event::Start(Tag::Heading { level: lower(level, top), id: None, classes: Vec::new(), attrs: Vec::new() })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level, top))),
        Event::Start(Tag::Link { link_type, dest_url, .. }) => {
            let href = link(&dest_url, place);
            open_links.push(href.is_some());
            Event::Start(Tag::Link {
                link_type,
                dest_url: CowStr::from(href?),
                title: CowStr::Borrowed(""),
                id: CowStr::Borrowed(""),
            })
        }
        Event::End(TagEnd::Link) if !open_links.pop().unwrap_or(false) => return None,
        other => other,
    })
}

fn lower(level: HeadingLevel, top: u8) -> HeadingLevel {
    let shifted = (level as usize + usize::from(top).saturating_sub(1)).min(6);
    HeadingLevel::try_from(shifted).unwrap_or(HeadingLevel::H6)
}

/// `route:NAME?a=b`: what the route's path names becomes its parameters, the rest its query.
fn link(target: &str, place: &dyn Place) -> Option<String> {
    let Some(reference) = target.strip_prefix("route:") else {
        return links::leave_href(target);
    };
    let (name, pairs) = reference.split_once('?').unwrap_or((reference, ""));
    let route = place.route(name)?;
    let pairs = form_urlencoded::parse(pairs.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned()));
    let named =
        |name: &str| route.path.contains(&format!("{{{name}}}")) || route.path.contains(&format!("{{*{name}}}"));
    let (params, query) = pairs.partition(|(name, _)| named(name));
    links::route_href(&RouteRef { route: name.to_owned(), params, query }, place)
}
