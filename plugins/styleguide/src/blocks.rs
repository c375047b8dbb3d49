//! The other blocks: records of what happened, pictures, and what only the host draws.

use vestry_sdk::block::{diff, frame, log, panel, progress, source};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::{Chart, Feed, Log, LogLine, Mark, Message, Picture};

use crate::cells::MOMENT;
use crate::words::{LEVELS, LONG, RTL};

const BEFORE: &str = "question: Who are you?\nfields:\n  - Name: user.name\n  - Age: user.age\n";
const AFTER: &str = "question: Who are you?\nsubquestion: It is only for us.\nfields:\n  - Name: user.name\n";

fn lines() -> Vec<LogLine> {
    let levels = LEVELS.iter().zip(0..).map(|((name, level), index)| {
        LogLine::new("web", format!("A line of the level {name}")).at(MOMENT + index * 1500).level(*level)
    });
    let odd = [
        LogLine::new("plugin org.example.hello", "A line without time and level"),
        LogLine::new("web", format!("GET /{LONG}?{LONG} 200 <b>markup</b>")).at(MOMENT).open("home"),
        LogLine::new("", data_rtl()).at(MOMENT),
    ];
    levels.chain(odd).collect()
}

fn data_rtl() -> String {
    RTL.to_owned()
}

fn messages() -> [Message; 3] {
    let message = |author: &str, minutes: u64, text: &str, mine| Message {
        author: author.to_owned(),
        time: MOMENT + minutes * 60_000,
        text: text.to_owned(),
        mine,
    };
    [
        message("Ada", 0, "Is anybody there?", false),
        message("Zoë", 1, "Yes.\nOn two lines.", true),
        message("Ada", 2, LONG, false),
    ]
}

pub fn records(_: &Request) -> Result<Page> {
    let reply =
        Form::new(Action::new("Send", "receive").primary()).field(Field::multiline("message", "Message", 2).required());
    Ok(Page::new("Records")
        .action(Action::new("Style guide", "home"))
        .block(
            "log",
            Log { lines: lines(), newest_first: false, older: Some(RouteRef::to("records").query("cursor", "older")) },
        )
        .block("log-empty", log([]))
        .section(
            Section::new("messages", "Messages")
                .columns()
                .block("feed", Feed::new(messages()).reply(reply))
                .block("feed-empty", Feed::new([])),
        )
        .section(
            Section::new("texts", "Texts")
                .block("source", source("yaml", BEFORE))
                .block("source-empty", source("text", "")),
        )
        .section(
            Section::new("changes", "Changes")
                .block("diff", diff("yaml", BEFORE, AFTER))
                .block("diff-same", diff("text", "the same\n", "the same\n")),
        ))
}

fn chart(kind: &str) -> Chart {
    let labels = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    Chart::new(kind, "requests", labels)
        .series("Pages", [3.0, 5.5, 4.0, 8.0, 13.0, 2.0, 1.0].map(Some))
        .series("Failures", [Some(0.0), None, Some(1.0), Some(0.5), None, Some(-2.0), Some(0.0)])
}

fn mark(x: f32, y: f32, label: &str, level: Level) -> Mark {
    Mark { x, y, width: 0.25, height: 0.35, label: label.to_owned().into(), level, open: Some("home".into()) }
}

pub fn pictures(_: &Request) -> Result<Page> {
    let page = Page::new("Pictures").action(Action::new("Style guide", "home"));
    let charts = ["line", "bar", "area", "stat", "org.example.cloud"];
    let page = charts.iter().fold(page.section(Section::new("charts", "Charts").columns()), |page, kind| {
        page.block(format!("chart-{kind}"), chart(kind))
    });
    let page = page.block("chart-empty", Chart::new("line", "", Vec::<String>::new()));
    let picture = Picture::new("Two boxes on squared paper", 320, 200)
        .image("sheet")
        .mark(mark(0.19, 0.25, "First", Level::Primary))
        .mark(mark(0.56, 0.45, "Second", Level::Danger));
    let sheet = Picture::new("An empty sheet", 210, 297).mark(mark(0.1, 0.1, LONG, Level::Warning));
    let page = page
        .section(Section::new("pictures", "Pictures").columns().block("picture", picture).block("sheet", sheet))
        .section(Section::new("progress", "Progress"));
    let page = [0, 42, 100].iter().fold(page, |page, done| page.block(format!("progress-{done}"), progress(*done)));
    Ok(page.section(Section::new("frames", "Frames").block("frame", frame("framed"))))
}

pub fn framed(_: &Request) -> Result<Page> {
    Ok(Page::new("Framed").focus().block("words", prose("A page in a frame of its own, without the shell.")))
}

/// A picture of two boxes on squared paper, 320 by 200.
pub fn sheet() -> Download {
    Download::new("sheet.png", "image/png", include_bytes!("sheet.png").to_vec()).inline()
}

pub fn host(_: &Request) -> Result<Page> {
    Ok(Page::new("Host's own")
        .action(Action::new("Style guide", "home"))
        .block("passkeys", panel("passkeys"))
        .block("unknown-panel", panel("no-such-panel"))
        .block("contribution", panel("contribution:org.example.nobody"))
        .block("job", Content::Job("no-such-job".to_owned()))
        .block("other", Content::Other(("org.example.unknown".to_owned(), r#"{"a":[1,2,3]}"#.to_owned()))))
}
