//! The smaller blocks: prose, notices, facts, rows of buttons, logs, charts, pictures, jobs.

use crate::types::{Text, Timestamp};
use crate::ui::{
    Action, Chart, Content, Diff, Fact, Feed, Form, Level, Log, LogLine, Mark, Message, Notice, Picture, RouteRef,
    Series, Source, Table,
};

/// Markdown. A literal is translated; values filled in with [`text!`](crate::text!) stay plain text.
pub fn prose(markdown: impl Into<Text>) -> Content {
    Content::Prose(markdown.into())
}

/// A sentence that stands out.
pub fn notice(level: Level, text: impl Into<Text>) -> Content {
    Content::Notice(Notice { level, text: text.into() })
}

/// Labels and values: `facts([fact("Name", name), fact("Created", Time(created))])`.
pub fn facts(facts: impl IntoIterator<Item = Fact>) -> Content {
    Content::Facts(facts.into_iter().collect())
}

/// A row of buttons. The host draws only those that this person may press.
pub fn actions(actions: impl IntoIterator<Item = Action>) -> Content {
    Content::Actions(actions.into_iter().collect())
}

/// A text in a language of programs, numbered and coloured.
pub fn source(language: impl Into<String>, text: impl Into<String>) -> Content {
    Content::Source(Source { language: language.into(), text: text.into() })
}

/// Two texts, and what changed between them.
pub fn diff(language: impl Into<String>, before: impl Into<String>, after: impl Into<String>) -> Content {
    Content::Diff(Diff { language: language.into(), before: before.into(), after: after.into() })
}

/// How far something is, 0 to 100.
pub fn progress(percent: u8) -> Content {
    Content::Progress(percent.min(100))
}

/// Lines of a log, oldest first.
pub fn log(lines: impl IntoIterator<Item = LogLine>) -> Content {
    Content::Log(Log { lines: lines.into_iter().collect(), newest_first: false, older: None })
}

/// A job of this plugin, by its id, kept up to date.
pub fn job(id: impl Into<String>) -> Content {
    Content::Job(id.into())
}

/// A block that only the host may draw, by its name.
pub fn panel(name: impl Into<String>) -> Content {
    Content::Panel(name.into())
}

/// A page of this plugin in a frame of its own.
pub fn frame(route: impl Into<RouteRef>) -> Content {
    Content::Frame(route.into())
}

impl LogLine {
    /// One line, without time and level.
    pub fn new(source: impl Into<String>, text: impl Into<String>) -> Self {
        LogLine { time: None, level: None, source: source.into(), text: text.into(), marks: vec![], open: None }
    }

    /// When it was written.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// How grave it is.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// With parts of the text marked: where each begins and ends, in bytes, rising.
    #[must_use]
    pub fn marks(mut self, marks: impl IntoIterator<Item = (u32, u32)>) -> Self {
        self.marks = marks.into_iter().collect();
        self
    }

    /// Where a click on it leads.
    #[must_use]
    pub fn open(mut self, route: impl Into<RouteRef>) -> Self {
        self.open = Some(route.into());
        self
    }
}

impl Chart {
    /// `kind`: `line`, `bar`, `area` or `stat`; `labels` stand along the axis, one for each value of a series.
    pub fn new<L: Into<String>>(
        kind: impl Into<String>,
        unit: impl Into<String>,
        labels: impl IntoIterator<Item = L>,
    ) -> Self {
        Chart {
            kind: kind.into(),
            unit: unit.into(),
            labels: labels.into_iter().map(Into::into).collect(),
            series: vec![],
            extra: vec![],
        }
    }

    /// Adds a series; `None` is a gap.
    #[must_use]
    pub fn series(mut self, label: impl Into<Text>, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        self.series.push(Series { label: label.into(), values: values.into_iter().collect() });
        self
    }
}

impl Feed {
    /// Messages, oldest first.
    pub fn new(messages: impl IntoIterator<Item = Message>) -> Self {
        Feed { messages: messages.into_iter().collect(), reply: None }
    }

    /// A form below, to answer with.
    #[must_use]
    pub fn reply(mut self, form: Form) -> Self {
        self.reply = Some(form);
        self
    }
}

impl Picture {
    /// An empty sheet of that shape, in CSS pixels.
    pub fn new(alt: impl Into<Text>, width: u32, height: u32) -> Self {
        Picture { alt: alt.into(), width, height, image: None, marks: vec![] }
    }

    /// A route of this plugin that answers a PNG, JPEG or WebP.
    #[must_use]
    pub fn image(mut self, route: impl Into<RouteRef>) -> Self {
        self.image = Some(route.into());
        self
    }

    /// Adds a box on it.
    #[must_use]
    pub fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }
}

macro_rules! content_from {
    ($($block:ident => $case:ident;)*) => {
        $(impl From<$block> for Content { fn from(block: $block) -> Self { Content::$case(block) } })*
    };
}

content_from! {
    Table => Table;
    Form => Form;
    Log => Log;
    Chart => Chart;
    Feed => Feed;
    Picture => Picture;
    Notice => Notice;
    Source => Source;
    Diff => Diff;
}
