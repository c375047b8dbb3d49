//! A plugin's surroundings, made up: routes that may be used, one that may not, and a query.

#![allow(dead_code)]

use std::borrow::Cow;

use vestry_contract::registration::Verb;
use vestry_contract::types::Text;
use vestry_contract::ui::*;
use vestry_screen::{Html, JobView, Place, RouteView, plain_text};

/// 21 November 2026, 22:41:05 UTC.
pub const TIME: u64 = 1_795_300_865_000;

const ROUTES: &[(&str, Verb, &str, bool)] = &[
    ("list", Verb::Get, "/users", true),
    ("edit", Verb::Get, "/users/{key}/edit", true),
    ("show", Verb::Get, "/users/{id}", true),
    ("add", Verb::Get, "/users/add", true),
    ("save", Verb::Post, "/users/save", true),
    ("activate", Verb::Post, "/users/activate", true),
    ("deactivate", Verb::Post, "/users/deactivate", true),
    ("remove", Verb::Delete, "/users/{key}", true),
    ("give", Verb::Post, "/users/give", true),
    ("scan", Verb::Get, "/users/scan.png", true),
    ("secret", Verb::Get, "/users/secret", false),
    ("forbidden", Verb::Post, "/users/forbidden", false),
];

#[derive(Debug)]
pub struct Fake {
    pub query: Vec<(String, String)>,
    /// Of a page that is followed.
    pub stream: Option<String>,
    /// The version that draws, where it says so.
    pub drawn_by: Option<String>,
}

impl Fake {
    pub fn new(query: &[(&str, &str)]) -> Self {
        Self { query: pairs(query), stream: None, drawn_by: None }
    }
}

impl Place for Fake {
    fn route(&self, name: &str) -> Option<RouteView<'_>> {
        let (_, verb, path, allowed) = *ROUTES.iter().find(|(known, ..)| *known == name)?;
        Some(RouteView { verb, path: Cow::Borrowed(path), allowed })
    }

    fn contributed(&self, id: &str) -> Option<String> {
        (id == "report").then(|| "/reports/users".to_owned())
    }

    fn text<'t>(&self, text: &'t Text) -> Cow<'t, str> {
        plain_text(text)
    }

    fn panel(&self, name: &str) -> Option<Html> {
        (name == "passkeys").then(|| Html::trusted("<p>Your <em>passkeys</em></p>"))
    }

    fn job(&self, id: &str) -> Option<JobView> {
        let running = JobView {
            name: "count <all>".into(),
            state: "running",
            percent: 40,
            message: "Step 4 of <10>".into(),
            attempt: 2,
            queued: TIME,
            started: Some(TIME),
            cancel: Some("/account/jobs/running/cancel".into()),
            ..JobView::default()
        };
        match id {
            "running" => Some(running),
            "done" => Some(JobView { state: "done", percent: 100, ended: Some(TIME), cancel: None, ..running }),
            _ => None,
        }
    }

    fn stream(&self) -> Option<&str> {
        self.stream.as_deref()
    }

    fn query(&self) -> &[(String, String)] {
        &self.query
    }

    fn path(&self) -> &str {
        "/users"
    }

    fn drawn_by(&self) -> Option<&str> {
        self.drawn_by.as_deref()
    }
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn words(text: &str) -> Text {
    Text::Data(text.to_owned())
}

pub fn to(route: &str, query: &[(&str, &str)]) -> RouteRef {
    RouteRef { route: route.into(), params: vec![], query: pairs(query) }
}

pub fn action(label: &str, route: &str, level: Level) -> Action {
    Action { label: words(label), route: route.into(), params: vec![], values: vec![], level, confirm: None }
}

pub fn block(name: &str, content: Content) -> Block {
    Block { name: name.into(), content }
}

pub fn section(title: &str, layout: SectionLayout, blocks: Vec<Block>) -> Section {
    let name = title.to_lowercase();
    Section { name, title: words(title), summary: words(""), layout, blocks, extra: vec![] }
}

pub fn page(title: &str, sections: Vec<Section>) -> Page {
    Page { title: words(title), lead: words(""), focus: false, actions: vec![], sections, follow: None, extra: vec![] }
}

/// A page of one block.
pub fn page_of(content: Content) -> Page {
    page("Page", vec![section("", SectionLayout::Stack, vec![block("it", content)])])
}

pub fn column(key: &str, label: &str, sortable: bool) -> Column {
    Column { key: key.into(), label: words(label), numeric: false, sortable, extra: vec![] }
}

pub fn table(columns: Vec<Column>, data: TableData) -> Table {
    Table {
        columns,
        data,
        open: None,
        each: vec![],
        bulk: vec![],
        bulk_all: false,
        sorted: None,
        total: None,
        previous: None,
        next: None,
        empty: words("Nobody here"),
        extra: vec![],
    }
}

pub fn texts<'t>(all: impl IntoIterator<Item = &'t str>) -> Texts {
    let mut texts = Texts { all: String::new(), ends: vec![] };
    for text in all {
        texts.all.push_str(text);
        texts.ends.push(texts.all.len() as u32);
    }
    texts
}

pub fn field(name: &str, label: &str, input: Input) -> Field {
    Field {
        name: name.into(),
        label: words(label),
        help: words(""),
        input,
        values: vec![],
        required: false,
        error: None,
        when: None,
        extra: vec![],
    }
}

pub fn form(fields: Vec<Field>, submit: Action) -> Form {
    Form {
        items: fields.into_iter().map(FormItem::Field).collect(),
        submit,
        others: vec![],
        inline: false,
        extra: vec![],
    }
}

pub fn choices(all: &[(&str, &str)]) -> Vec<Choice> {
    all.iter().map(|(value, label)| Choice { value: (*value).into(), label: words(label) }).collect()
}

const FIRST: [&str; 10] = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Frances", "Leslie"];
const LAST: [&str; 10] =
    ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman", "Thompson", "Allen", "Lamport"];

/// The page that the benchmark draws: accounts in columns, seven of them.
pub fn accounts(count: usize) -> Table {
    let name = |row: usize| format!("{} {}", FIRST[row % 10], LAST[(row / 10 + row) % 10]);
    let names: Vec<_> = (0..count).map(name).collect();
    let mails: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(row, name)| format!("{}.{row}@example.org", name.to_lowercase().replace(' ', ".")))
        .collect();
    let keys: Vec<_> = (0..count).map(|row| format!("01JD{row:08}")).collect();
    let state = |row: usize| {
        let (label, level) = if row % 7 == 3 { ("inactive", Level::Warning) } else { ("active", Level::Success) };
        Cell::Badge(Badge { label: words(label), level })
    };
    let privileges = ["user", "user developer", "user advocate trainer", "user admin"];
    let columns = vec![
        column("name", "Name", true),
        column("email", "E-mail", true),
        column("state", "State", true),
        column("privileges", "Privileges", false),
        column("created", "Created", true),
        column("seen", "Last seen", true),
        Column { numeric: true, ..column("sessions", "Sessions", false) },
    ];
    let values = vec![
        ColumnValues::Texts(texts(names.iter().map(String::as_str))),
        ColumnValues::Texts(texts(mails.iter().map(String::as_str))),
        ColumnValues::Cells((0..count).map(state).collect()),
        ColumnValues::Badges(texts((0..count).map(|row| privileges[row % 4]))),
        ColumnValues::Times((0..count as u64).map(|row| TIME - row * 86_400_000).collect()),
        ColumnValues::Times(
            (0..count as u64).map(|row| if row % 5 == 2 { 0 } else { TIME - row * 3_600_000 }).collect(),
        ),
        ColumnValues::Integers((0..count as i64).map(|row| row % 4).collect()),
    ];
    let data = Columnar { keys: texts(keys.iter().map(String::as_str)), columns: values };
    Table {
        open: Some("edit".into()),
        bulk: vec![action("Activate", "activate", Level::Neutral), action("Deactivate", "deactivate", Level::Danger)],
        bulk_all: true,
        sorted: Some(Sort { column: "name".into(), descending: false }),
        total: Some(10_000),
        next: Some(to("list", &[("sort", "name"), ("after", "ada 50")])),
        ..table(columns, TableData::Columns(data))
    }
}
