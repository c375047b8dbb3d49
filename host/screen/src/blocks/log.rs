//! Lines of a log.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use vestry_contract::ui::{Log, LogLine};

use crate::cell::{CellValue, time_data};
use crate::place::Place;
use crate::{Draw, Html, ScreenError, level_name, links};

pub(crate) fn html(name: &str, log: &Log, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let tones = tones(log.lines.iter().map(|line| line.source.as_str()));
    let lines = log.lines.iter().map(|line| line_value(line, &tones, draw)).collect::<Result<Vec<_>, _>>()?;
    let older = log.older.as_ref().and_then(|route| links::route_href(route, draw.place));
    draw.block("blocks/log.html", name, context! { lines, older, newest_first => log.newest_first })
}

fn line_value(line: &LogLine, tones: &Tones<'_>, draw: &Draw<'_>) -> Result<Value, ScreenError> {
    let mut time = String::new();
    if let Some(instant) = line.time {
        draw.cells.write(CellValue::Time(instant), &mut time)?;
    }
    Ok(context! {
        time => Value::from_safe_string(time),
        level => line.level.map(level_name),
        source => &line.source,
        tone => tones.get(line.source.as_str()),
        text => parts(line),
        open => line.open.as_ref().and_then(|route| links::route_href(route, draw.place)),
    })
}

/// The text as the template has it: parts, each with whether it is marked.
fn parts(line: &LogLine) -> Vec<Value> {
    pieces(&line.text, &line.marks).into_iter().map(|(text, marked)| context! { text, marked }).collect()
}

/// Colours of sources, as many as the styles have.
const TONES: u32 = 8;

/// The colour of each source.
type Tones<'s> = BTreeMap<&'s str, u32>;

/// Up to eight sources have colours of their own. Each has the one that its name says, so that who reads knows it again on
/// another page, or the next that is free. Lines that come later are drawn without those before them: the script gives
/// a source the colour that it has on the page.
fn tones<'s>(sources: impl Iterator<Item = &'s str>) -> Tones<'s> {
    let mut tones: Tones<'s> = sources.map(|source| (source, TONES)).collect();
    let mut taken = [false; TONES as usize];
    for (source, tone) in &mut tones {
        let own = own_tone(source);
        *tone = (0..TONES).map(|step| (own + step) % TONES).find(|tone| !taken[*tone as usize]).unwrap_or(own);
        taken[*tone as usize] = true;
    }
    tones
}

/// By the name alone (FNV-1a, whose upper bits each byte reaches).
fn own_tone(source: &str) -> u32 {
    let hash = source.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) % TONES
}

/// Marked parts of a line that are drawn.
const MOST_MARKS: usize = 100;

/// The text in parts: what it says, and whether it is marked.
fn pieces<'t>(text: &'t str, marks: &[(u32, u32)]) -> Vec<(&'t str, bool)> {
    let (mut all, mut at) = (Vec::new(), 0);
    for (begin, end) in marks.iter().take(MOST_MARKS).map(|(begin, end)| (*begin as usize, *end as usize)) {
        let (Some(before), Some(marked)) = (text.get(at..begin), text.get(begin..end)) else { continue };
        all.extend([(before, false), (marked, true)]);
        at = end;
    }
    all.push((text.get(at..).unwrap_or_default(), false));
    all.retain(|(part, _)| !part.is_empty());
    all
}

/// `{"lines": [{"time", "level", "source", "text", "marks"?, "href"?}], "older"?, "newest-first"?}`.
pub(crate) fn data(log: &Log, place: &dyn Place) -> Json {
    let line = |line: &LogLine| {
        let mut twin = json!({
            "time": line.time.map_or(Json::Null, time_data),
            "level": line.level.map(level_name),
            "source": line.source,
            "text": line.text,
        });
        if !line.marks.is_empty() {
            twin["marks"] = json!(line.marks);
        }
        if let Some(href) = line.open.as_ref().and_then(|route| links::route_href(route, place)) {
            twin["href"] = json!(href);
        }
        twin
    };
    let mut twin = json!({ "lines": log.lines.iter().map(line).collect::<Vec<_>>() });
    if log.newest_first {
        twin["newest-first"] = json!(true);
    }
    if let Some(href) = log.older.as_ref().and_then(|route| links::route_href(route, place)) {
        twin["older"] = json!(href);
    }
    twin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_cut_the_text_and_what_does_not_fit_is_none() {
        let text = "an error is näher";
        assert_eq!(pieces(text, &[(3, 8)]), [("an ", false), ("error", true), (" is näher", false)]);
        assert_eq!(
            pieces(text, &[(0, 2), (3, 8)]),
            [("an", true), (" ", false), ("error", true), (" is näher", false)]
        );
        // Not in order, over each other, within a letter, behind the end.
        for wrong in [[(3, 8), (0, 2)], [(3, 8), (5, 9)], [(3, 8), (13, 14)], [(3, 8), (9, 900)]] {
            assert_eq!(pieces(text, &wrong), [("an ", false), ("error", true), (" is näher", false)], "{wrong:?}");
        }
        assert_eq!(pieces(text, &[(8, 3)]), [(text, false)]);
        assert!(pieces("", &[(0, 0)]).is_empty());
    }

    #[test]
    fn up_to_eight_sources_have_colours_of_their_own() {
        let names: Vec<String> = ["one", "two"]
            .iter()
            .flat_map(|node| ["access", "error", "vestry", "worker"].map(|name| format!("{node}/{name}.log")))
            .collect();
        for count in 1..=names.len() {
            let found = tones(names.iter().take(count).map(String::as_str));
            let mut different: Vec<u32> = found.values().copied().collect();
            different.sort_unstable();
            different.dedup();
            assert_eq!((found.len(), different.len()), (count, count), "{found:?}");
        }
        // Whatever the order of their lines, and however often.
        let again = names.iter().rev().chain(&names).map(String::as_str);
        assert_eq!(tones(again), tones(names.iter().map(String::as_str)));
        // More share them, and each is one of those that there are.
        let many: Vec<String> = (0..100).map(|number| format!("source {number}")).collect();
        assert!(tones(many.iter().map(String::as_str)).values().all(|tone| *tone < TONES));
    }

    #[test]
    fn a_source_keeps_its_colour_from_release_to_release() {
        assert_eq!(["access.log", "error.log", "one/access.log"].map(own_tone), [0, 6, 6]);
    }
}
