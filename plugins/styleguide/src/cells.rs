//! Every kind of cell.

use vestry_sdk::prelude::*;

use crate::words::{LEVELS, LONG, RTL};

/// A moment that stays the same, so that two looks at the page can be compared: 2026-11-21 12:34:56 UTC.
pub const MOMENT: Timestamp = 1_795_264_496_000;

/// Each kind by its name.
pub fn kinds() -> Vec<(&'static str, Cell)> {
    let badges: Vec<_> = LEVELS.iter().map(|(name, level)| badge((*name).to_owned(), *level)).collect();
    vec![
        ("empty", Cell::Empty),
        ("text", Cell::from("Ada Lovelace")),
        ("text, long", Cell::from(LONG)),
        ("text, right to left", Cell::from(RTL)),
        ("text with markup", Cell::from("<b>not bold</b>")),
        ("code", code("sha256:9f86d081884c7d659a2feaa0c55ad015")),
        ("integer", Cell::from(-1_234_567_i64)),
        ("decimal", Cell::from(1234.5678)),
        ("decimal, not a number", Cell::from(f64::NAN)),
        ("bytes", size(8 << 20)),
        ("bytes, few", size(0)),
        ("time", Time(MOMENT).into()),
        ("time, long ago", Cell::Time(1)),
        ("flag, on", Cell::from(true)),
        ("flag, off", Cell::from(false)),
        ("badge", badge("Active", Level::Success).into()),
        ("badges", badges.into()),
        ("badges, none", Vec::new().into()),
        ("link, own", Link::to("Tables", "tables").into()),
        ("link, outside", Link::external("example.org", "https://example.org/a?b=c").into()),
        ("link, contribution that is not there", Link::contributed("Nobody's", "org.example.nobody").into()),
        ("percent, 0", percent(0)),
        ("percent, 42", percent(42)),
        ("percent, 100", percent(100)),
        ("other", Cell::Other(("org.example.unknown".to_owned(), r#"{"a":1}"#.to_owned()))),
    ]
}

pub fn facts_page(_: &Request) -> Result<Page> {
    let all = kinds().into_iter().map(|(name, cell)| fact(name.to_owned(), cell));
    Ok(Page::new("Facts")
        .action(Action::new("Style guide", "home"))
        .block("all", facts(all))
        .section(
            Section::new("beside", "Beside each other")
                .columns()
                .block("left", facts([fact("Name", "Ada")]))
                .block("right", facts([fact(LONG.to_owned(), LONG)])),
        )
        .section(Section::new("none", "No facts").block("none", facts([]))))
}
