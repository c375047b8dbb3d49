//! Each block as HTML and as data, from small inputs and from hostile ones.

#![allow(clippy::unwrap_used)]

#[path = "support/fixture.rs"]
mod fixture;

use fixture::*;
use serde_json::{Value as Json, json};
use vestry_contract::ui::*;
use vestry_screen::*;

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202E}abc";

fn screens() -> Screens {
    Screens::load(None, AssetNames::new()).unwrap()
}

fn html_at(page: &Page, place: &Fake) -> String {
    screens().page(&Frame { nonce: "n0nce".into(), ..Frame::default() }, page, place).unwrap()
}

fn html(content: Content) -> String {
    html_at(&page_of(content), &Fake::new(&[]))
}

fn twin(content: Content) -> Json {
    data(&page_of(content), &Fake::new(&[])).unwrap()["blocks"]["it"].clone()
}

/// What a browser would run or follow, were it let through.
fn assert_tame(html: &str) {
    assert!(!html.contains("<script>"), "{html}");
    assert!(!html.contains("\"'&\u{202E}"), "something got out as it was: {html}");
    assert!(!html.contains("javascript:"), "{html}");
    assert!(!html.contains(" style="), "{html}");
    assert!(!html.contains(" on"), "an inline handler? {html}");
}

#[test]
fn hostile_words_stay_words_in_every_block() {
    let h = || words(HOSTILE);
    let hostile_field =
        |input| Field { help: h(), error: Some(h()), values: vec![HOSTILE.into()], ..field(HOSTILE, HOSTILE, input) };
    let options = || choices(&[(HOSTILE, HOSTILE)]);
    let inputs = vec![
        Input::Text(TextInput { placeholder: h(), max_length: None, autocomplete: HOSTILE.into() }),
        Input::Multiline(3),
        Input::Code(HOSTILE.into()),
        Input::Number(NumberInput { min: None, max: None, step: None, unit: HOSTILE.into() }),
        Input::Checkbox,
        Input::Radio(options()),
        Input::Select(options()),
        Input::Checkboxes(options()),
        Input::Combobox(options()),
        Input::File(FileInput { accept: vec![HOSTILE.into()], max_bytes: 9, multiple: false }),
        Input::Signature,
        Input::Hidden,
        Input::Matrix(Matrix { rows: options(), columns: options(), locked: vec![] }),
        Input::Other((HOSTILE.into(), HOSTILE.into())),
    ];
    let mut fields: Vec<_> = inputs.into_iter().map(hostile_field).collect();
    fields[1].when = Some(Condition { field: HOSTILE.into(), values: vec![HOSTILE.into()] });
    let button = Action {
        confirm: Some(h()),
        values: pairs(&[(HOSTILE, HOSTILE), ("b", HOSTILE)]),
        ..action(HOSTILE, "save", Level::Danger)
    };
    let cells = vec![
        Cell::Text(HOSTILE.into()),
        Cell::Code(HOSTILE.into()),
        Cell::Badge(Badge { label: h(), level: Level::Danger }),
        Cell::Link(Link { label: h(), target: Target::External("javascript:alert(1)".into()) }),
        Cell::Link(Link { label: h(), target: Target::External(format!("https://example.org/{HOSTILE}")) }),
        Cell::Other((HOSTILE.into(), HOSTILE.into())),
    ];
    let columns = (0..cells.len()).map(|_| column(HOSTILE, HOSTILE, true)).collect();
    let rows = TableData::Rows(vec![Row { key: HOSTILE.into(), cells: cells.clone(), hidden: vec![] }]);
    let table = Table {
        open: Some("edit".into()),
        each: vec![button.clone(), action(HOSTILE, "remove", Level::Neutral)],
        bulk: vec![button.clone()],
        bulk_all: true,
        empty: h(),
        ..table(columns, rows)
    };
    let line = LogLine {
        time: None,
        level: Some(Level::Danger),
        source: HOSTILE.into(),
        text: HOSTILE.into(),
        marks: vec![(1, 4)],
        open: Some(to("list", &[(HOSTILE, HOSTILE)])),
    };
    let chart = Chart {
        kind: "line".into(),
        unit: HOSTILE.into(),
        labels: vec![HOSTILE.into()],
        series: vec![Series { label: h(), values: vec![Some(1.0)] }],
        extra: vec![],
    };
    let mark =
        Mark { x: 0.0, y: 0.0, width: 1.0, height: 1.0, label: h(), level: Level::Danger, open: Some(to("list", &[])) };
    let all = vec![
        Content::Prose(h()),
        Content::Notice(Notice { level: Level::Danger, text: h() }),
        Content::Facts(cells.into_iter().map(|value| Fact { label: h(), value }).collect()),
        Content::Actions(vec![button.clone()]),
        Content::Table(table),
        Content::Form(Form { others: vec![button.clone()], ..form(fields, button) }),
        Content::Log(Log { lines: vec![line], newest_first: false, older: None }),
        Content::Chart(chart.clone()),
        Content::Chart(Chart { kind: "stat".into(), ..chart.clone() }),
        Content::Chart(Chart { kind: HOSTILE.into(), ..chart }),
        Content::Feed(Feed {
            messages: vec![Message { author: HOSTILE.into(), time: TIME, text: HOSTILE.into(), mine: false }],
            reply: None,
        }),
        Content::Source(Source { language: HOSTILE.into(), text: HOSTILE.into() }),
        Content::Diff(Diff { language: HOSTILE.into(), before: String::new(), after: HOSTILE.into() }),
        Content::Picture(Picture { alt: h(), width: 1, height: 1, image: None, marks: vec![mark] }),
        Content::Job(HOSTILE.into()),
        Content::Frame(to(HOSTILE, &[])),
        Content::Panel(HOSTILE.into()),
        Content::Other((HOSTILE.into(), HOSTILE.into())),
    ];
    for content in all {
        let mut page = page_of(content);
        page.sections[0].blocks[0].name = HOSTILE.into();
        let drawn = html_at(&page, &Fake::new(&[(HOSTILE, HOSTILE)]));
        let main = drawn.split_once("<main").unwrap().1.replace(" only ", "").replace(" one", "");
        assert_tame(&main);
        assert!(main.contains("&lt;script&gt;") || main.contains("%3Cscript%3E"), "{main}");
    }
}

#[test]
fn markdown_keeps_raw_html_as_text_and_follows_few_links() {
    let text = "<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) [b](https://example.org/x) [c](route:show?id=7&tab=x) \
                [d](route:secret) [e](/users) ![words](https://example.org/i.png) <b>x</b>\n\n# Head";
    let drawn = html(Content::Prose(words(text)));
    assert!(drawn.contains("&lt;img src=x onerror=alert(1)&gt;") && drawn.contains("&lt;b&gt;x"));
    assert!(drawn.contains("href=\"/leave?to=https%3A%2F%2Fexample.org%2Fx\""));
    assert!(drawn.contains("href=\"/users/7?tab=x\""));
    assert!(!drawn.contains("javascript:") && !drawn.contains("<img") && !drawn.contains("secret"));
    assert!(drawn.contains("<h2>Head</h2>") && drawn.contains("words"));
}

#[test]
fn a_column_of_accounts_becomes_rows() {
    let next = Some(to("list", &[("sort", "name"), ("q", "a b"), ("after", "ada 50")]));
    let page = page_of(Content::Table(Table { next, ..accounts(3) }));
    let drawn = html_at(&page, &Fake::new(&[("sort", "name"), ("q", "a b"), ("after", "zz")]));
    assert_eq!(drawn.matches("<th scope=\"row\"").count(), 3);
    assert!(drawn.contains("<a href=\"/users/01JD00000000/edit\">Ada Lovelace</a>"));
    assert!(drawn.contains("data-label=\"E-mail\">ada.lovelace.0@example.org</td>"));
    assert!(drawn.contains("<time datetime=\"2026-11-21T22:41:05Z\""));
    assert!(drawn.contains("aria-sort=\"ascending\""));
    // Sorting keeps the filter, drops the cursor, and turns round where it is sorted already.
    assert!(
        drawn.contains("href=\"/users?q=a+b&amp;sort=-name\"")
            && drawn.contains("href=\"/users?q=a+b&amp;sort=email\"")
    );
    assert!(drawn.contains("name=\"_with\" value=\"sort=name&amp;q=a+b&amp;all=1\""));
    let twin = data(&page, &Fake::new(&[])).unwrap();
    let table = &twin["blocks"]["it"];
    assert_eq!(table["total"], 10_000);
    assert_eq!(table["next"], "/users?sort=name&q=a+b&after=ada+50");
    assert_eq!(table["columns"][1], json!({ "key": "email", "label": "E-mail", "numeric": false, "sortable": true }));
    assert_eq!(
        table["rows"][2],
        json!({ "key": "01JD00000002", "name": "Alan Turing", "email": "alan.turing.2@example.org", "state": { "label": "active", "level": "success" },
            "privileges": ["user", "advocate", "trainer"], "created": "2026-11-19T22:41:05Z", "seen": null, "sessions": 2 })
    );
}

#[test]
fn rows_and_columns_draw_the_same_table() {
    let columns = || vec![column("name", "Name", false), column("on", "On", false)];
    let by_rows = TableData::Rows(vec![Row {
        key: "k".into(),
        cells: vec![Cell::Text("é<".into()), Cell::Flag(true)],
        hidden: vec![],
    }]);
    let by_columns = TableData::Columns(Columnar {
        keys: texts(["k"]),
        columns: vec![ColumnValues::Texts(texts(["é<"])), ColumnValues::Bools(vec![true])],
    });
    let (rows, columnar) = (Content::Table(table(columns(), by_rows)), Content::Table(table(columns(), by_columns)));
    assert_eq!(twin(rows.clone()), twin(columnar.clone()));
    assert_eq!(html(rows), html(columnar));
}

#[test]
fn tables_that_contradict_themselves_are_the_plugins_fault() {
    let keys = texts(["a", "b"]);
    let one = || vec![column("name", "Name", false)];
    let broken = [
        TableData::Columns(Columnar { keys: keys.clone(), columns: vec![ColumnValues::Bools(vec![true])] }),
        TableData::Columns(Columnar { keys: keys.clone(), columns: vec![] }),
        TableData::Columns(Columnar {
            keys,
            columns: vec![ColumnValues::Texts(Texts { all: "né".into(), ends: vec![1, 2] })],
        }),
        TableData::Rows(vec![Row { key: "a".into(), cells: vec![], hidden: vec![] }]),
    ];
    for broken in broken {
        let page = page_of(Content::Table(table(one(), broken)));
        let drawn = screens().page(&Frame::default(), &page, &Fake::new(&[])).unwrap_err();
        let told = data(&page, &Fake::new(&[])).unwrap_err();
        assert!(matches!(&drawn, ScreenError::Invalid { block, .. } if block == "it"), "{drawn}");
        assert_eq!(drawn.to_string(), told.to_string());
    }
}

#[test]
fn what_leads_nowhere_is_not_drawn() {
    for route in ["forbidden", "unknown"] {
        let button = action("Press me", route, Level::Primary);
        let data = TableData::Rows(vec![Row { key: "k".into(), cells: vec![Cell::Text("x".into())], hidden: vec![] }]);
        let table = Table {
            each: vec![button.clone()],
            bulk: vec![button.clone()],
            open: Some("secret".into()),
            next: Some(to("secret", &[])),
            ..table(vec![column("a", "A", false)], data)
        };
        let contents = [
            Content::Actions(vec![button.clone()]),
            Content::Table(table),
            Content::Form(form(vec![field("a", "A", Input::Email)], button.clone())),
        ];
        for content in contents {
            let drawn = html(content.clone());
            assert!(!drawn.contains("Press me") && !drawn.contains("secret"), "{drawn}");
            assert!(!drawn.contains("type=\"checkbox\"") && !drawn.contains("type=\"email\""));
            let twin = twin(content).to_string();
            assert!(!twin.contains("Press me") && !twin.contains("secret"), "{twin}");
        }
        let page = Page { actions: vec![button], ..page("Page", vec![]) };
        assert!(!html_at(&page, &Fake::new(&[])).contains("Press me"));
        assert_eq!(data_actions(&page), Json::Null);
    }
}

fn data_actions(page: &Page) -> Json {
    data(page, &Fake::new(&[])).unwrap()["actions"].clone()
}

#[test]
fn a_link_is_a_get_and_a_refused_one_leaves_its_words() {
    let link = |target| {
        Content::Facts(vec![Fact { label: words("L"), value: Cell::Link(Link { label: words("Go"), target }) }])
    };
    assert!(html(link(Target::Route(to("list", &[("a", "b c")])))).contains("<a href=\"/users?a=b+c\">Go</a>"));
    assert!(html(link(Target::Contributed("report".into()))).contains("<a href=\"/reports/users\">Go</a>"));
    assert!(
        html(link(Target::External("https://example.org/".into())))
            .contains("<a href=\"/leave?to=https%3A%2F%2Fexample.org%2F\" rel=")
    );
    for refused in [
        Target::Route(to("secret", &[])),
        Target::Route(to("save", &[])),
        Target::Contributed("x".into()),
        Target::External("http://example.org".into()),
    ] {
        assert!(html(link(refused.clone())).contains("<dd>Go</dd>"));
        assert_eq!(twin(link(refused)), json!([{ "label": "L", "value": { "label": "Go" } }]));
    }
}

#[test]
fn rows_hide_buttons_by_the_plugins_own_count() {
    let data = TableData::Rows(vec![
        Row { key: "1".into(), cells: vec![Cell::Text("x".into())], hidden: vec![2] },
        Row { key: "a/b".into(), cells: vec![Cell::Text("y".into())], hidden: vec![] },
    ]);
    let each = vec![
        action("Never", "forbidden", Level::Neutral),
        action("Edit", "edit", Level::Neutral),
        action("Remove", "remove", Level::Danger),
        action("Activate", "activate", Level::Neutral),
    ];
    let drawn = html(Content::Table(Table { each, ..table(vec![column("a", "A", false)], data) }));
    assert_eq!(drawn.matches(">Remove</button>").count(), 1);
    assert_eq!(drawn.matches(">Activate</button>").count(), 2);
    assert!(drawn.contains("href=\"/users/a%2Fb/edit\""));
    // A row's own address needs the nonce of the page; a shared one is its form's.
    assert!(drawn.contains("form=\"b-it-each-2\" formaction=\"/users/a%2Fb\" hx-nonce=\"n0nce\">Remove"));
    assert!(drawn.contains("form=\"b-it-each-3\" name=\"key\" value=\"a/b\">Activate"));
    assert!(drawn.contains("name=\"_method\" value=\"delete\""));
}

#[test]
fn a_form_ties_help_and_errors_to_their_fields() {
    let fields = vec![
        Field {
            help: words("Help"),
            error: Some(words("Wrong")),
            required: true,
            values: vec!["x".into()],
            ..field("email", "E-mail", Input::Email)
        },
        Field {
            required: true,
            when: Some(Condition { field: "how".into(), values: vec!["b".into()] }),
            ..field("more", "More", Input::Date)
        },
        Field {
            values: vec!["b".into()],
            ..field("how", "How", Input::Radio(choices(&[("a", "By A"), ("b", "By B")])))
        },
        Field { values: vec!["secret".into()], ..field("word", "Word", Input::Password) },
        Field { values: vec!["7".into()], ..field("id", "", Input::Hidden) },
    ];
    let content = Content::Form(form(fields, action("Save", "save", Level::Primary)));
    let drawn = html(content.clone());
    assert!(drawn.contains("id=\"b-it-email\" type=\"email\" name=\"email\" aria-describedby=\"b-it-email-help b-it-email-error\" aria-invalid=\"true\" required value=\"x\""));
    assert!(drawn.contains("id=\"b-it-email-error\"") && drawn.contains("<a href=\"#b-it-email\">E-mail</a>: Wrong"));
    // Required only while it is shown, which needs a script; without one the condition stands in words.
    assert!(
        drawn.contains("data-when=\"how\" data-when-values=\"[&quot;b&quot;]\"") && drawn.contains(" data-required")
    );
    assert!(drawn.contains("Only where “How” is: By B"));
    assert!(drawn.contains("<input type=\"hidden\" name=\"id\" value=\"7\">"));
    assert!(!drawn.contains("secret"), "a password is never sent back");
    let twin = twin(content);
    assert_eq!((&twin["method"], &twin["href"]), (&json!("post"), &json!("/users/save")));
    assert_eq!(
        twin["fields"][0],
        json!({ "name": "email", "label": "E-mail", "kind": "email", "values": ["x"], "required": true, "help": "Help", "error": "Wrong" })
    );
    assert_eq!(twin["fields"][1]["when"], json!({ "field": "how", "values": ["b"] }));
    assert_eq!(twin["fields"][2]["choices"][1], json!({ "value": "b", "label": "By B" }));
    assert_eq!(twin["fields"][3]["values"], json!([]));
}

#[test]
fn further_buttons_carry_their_own_address_and_values() {
    let mut form = form(
        vec![field("a", "A", Input::Email)],
        Action { values: pairs(&[("x", "1")]), ..action("Save", "save", Level::Primary) },
    );
    assert!(html(Content::Form(form.clone())).contains("<input type=\"hidden\" name=\"x\" value=\"1\">"));
    form.others = vec![Action {
        params: pairs(&[("key", "7")]),
        values: pairs(&[("why", "x&y")]),
        ..action("Remove", "remove", Level::Danger)
    }];
    let drawn = html(Content::Form(form));
    assert!(drawn.contains("name=\"x\" value=\"1\">Save</button>"));
    assert!(drawn.contains("formaction=\"/users/7\" hx-nonce=\"n0nce\" name=\"_with\" value=\"_method=delete&amp;why=x%26y\">Remove</button>"));
}

#[test]
fn locked_boxes_of_a_matrix_are_seen_and_kept() {
    let all = choices(&[("r", "R")]);
    let matrix = Matrix { rows: all.clone(), columns: choices(&[("a", "A"), ("b", "B")]), locked: vec!["r a".into()] };
    let drawn = html(Content::Form(form(
        vec![Field { values: vec!["r a".into()], ..field("m", "M", Input::Matrix(matrix)) }],
        action("Save", "save", Level::Primary),
    )));
    assert!(drawn.contains("value=\"r a\" aria-label=\"R: A\" checked disabled"));
    assert!(drawn.contains("<input type=\"hidden\" name=\"m\" value=\"r a\">"));
    assert!(drawn.contains("value=\"r b\" aria-label=\"R: B\">"));
}

#[test]
fn small_blocks_have_their_twins() {
    assert_eq!(twin(Content::Progress(130)), 100);
    assert_eq!(twin(Content::Prose(words("*x*"))), "*x*");
    assert_eq!(twin(Content::Job("j".into())), json!({ "job": "j", "state": "unknown" }));
    assert_eq!(twin(Content::Panel("passkeys".into())), json!({ "panel": "passkeys" }));
    assert_eq!(twin(Content::Other(("map".into(), "{\"a\":1}".into()))), json!({ "kind": "map", "value": { "a": 1 } }));
    assert_eq!(twin(Content::Frame(to("list", &[]))), json!({ "href": "/users" }));
    assert_eq!(
        twin(Content::Source(Source { language: "a".into(), text: "b".into() })),
        json!({ "language": "a", "text": "b" })
    );
    assert_eq!(
        twin(Content::Notice(Notice { level: Level::Warning, text: words("x") })),
        json!({ "level": "warning", "text": "x" })
    );
    let log = Log {
        lines: vec![LogLine {
            time: Some(TIME),
            level: None,
            source: "s".into(),
            text: "t".into(),
            marks: vec![],
            open: None,
        }],
        newest_first: false,
        older: Some(to("list", &[])),
    };
    assert_eq!(
        twin(Content::Log(log)),
        json!({ "lines": [{ "time": "2026-11-21T22:41:05Z", "level": null, "source": "s", "text": "t" }], "older": "/users" })
    );
    let chart = Chart {
        kind: "bar".into(),
        unit: "u".into(),
        labels: vec!["a".into()],
        series: vec![Series { label: words("s"), values: vec![None] }],
        extra: vec![],
    };
    assert_eq!(
        twin(Content::Chart(chart)),
        json!({ "kind": "bar", "unit": "u", "labels": ["a"], "series": [{ "label": "s", "values": [null] }] })
    );
}

#[test]
fn blocks_that_only_the_host_or_a_later_version_knows_say_so() {
    assert!(html(Content::Panel("passkeys".into())).contains("Your <em>passkeys</em>"));
    assert!(html(Content::Panel("consent:x".into())).contains("The panel consent:x is not available"));
    assert!(html(Content::Other(("map".into(), "{}".into()))).contains("of the kind map"));
    assert!(html(Content::Job("j7".into())).contains("The job j7 is not known"));
    let frame = html(Content::Frame(to("list", &[])));
    assert!(frame.contains("<iframe src=\"/users\" sandbox=\"\""));
    assert!(frames_needed(&page_of(Content::Frame(to("list", &[])))) && !frames_needed(&page_of(Content::Progress(1))));
    assert!(
        html(Content::Picture(Picture {
            alt: words("P"),
            width: 10,
            height: 10,
            image: Some(to("scan", &[])),
            marks: vec![]
        }))
        .contains("<image href=\"/users/scan.png\"")
    );
}

#[test]
fn only_the_host_writes_scripts_and_each_carries_the_nonce() {
    let drawn = html(Content::Progress(1));
    assert_eq!(drawn.matches("<script ").count(), drawn.matches(" nonce=\"n0nce\"></script>").count());
    assert!(drawn.contains("<script src=\"/assets/vestry.js\""));
    assert!(!drawn.contains(" style=") && !drawn.contains("<style"));
}

#[test]
fn the_menu_shows_where_one_is_and_why_something_is_off() {
    let entry = |label: &str, section| MenuEntry {
        label: label.into(),
        href: "/x".into(),
        icon: "nonesuch".into(),
        section,
        active: false,
        badge: None,
        unavailable: None,
    };
    let entries = [
        MenuEntry { active: true, badge: Some(("3".into(), Level::Danger)), ..entry("<Users>", SectionKind::Tools) },
        MenuEntry { unavailable: Some("Broken".into()), ..entry("Logs", SectionKind::Tools) },
    ];
    let menu = screens().menu(&entries, "en").unwrap();
    let menu = menu.as_str();
    assert!(menu.contains("aria-current=\"page\"") && menu.contains("&lt;Users&gt;") && menu.contains("#puzzle"));
    assert_eq!(menu.matches("<a ").count(), 1);
    assert!(menu.contains("Broken") && !menu.contains("Account"));
}

#[test]
fn a_caller_without_contract_types_draws_the_same_table() {
    let frame = Frame::default();
    let view = blocks::table::TableView {
        name: "it".into(),
        caption: "Page".into(),
        columns: vec![blocks::table::ColumnView {
            key: "name".into(),
            label: "Name".into(),
            sorted: "none",
            ..Default::default()
        }],
        open: Some("/users/{key}/edit".into()),
        empty: "Nobody here".into(),
        ..Default::default()
    };
    let screens = screens();
    let drawn = screens.table(&frame, &view, |rows| rows.row("7", &[], &[CellValue::Text("Ada")])).unwrap();
    let parts = PageParts {
        title: "Page".into(),
        sections: vec![SectionParts { layout: "stack", blocks: vec![drawn], ..Default::default() }],
        ..Default::default()
    };
    let native = screens.compose(&frame, &parts).unwrap();
    let data = TableData::Columns(Columnar { keys: texts(["7"]), columns: vec![ColumnValues::Texts(texts(["Ada"]))] });
    let plugin = screens
        .page(
            &frame,
            &page_of(Content::Table(Table {
                open: Some("edit".into()),
                ..table(vec![column("name", "Name", false)], data)
            })),
            &Fake::new(&[]),
        )
        .unwrap();
    assert_eq!(native, plugin);
    assert!(screens.table(&frame, &view, |rows| rows.row("7", &[], &[])).is_err());
}

#[test]
fn a_row_without_a_name_is_called_by_its_key() {
    let rows = [("k<1>", ""), ("", " "), ("k3", "Ada")].map(|(key, name)| Row {
        key: key.into(),
        cells: vec![Cell::Text(name.into())],
        hidden: vec![],
    });
    let named = |open| {
        html(Content::Table(Table { open, ..table(vec![column("n", "Name", false)], TableData::Rows(rows.to_vec())) }))
    };
    let opened = named(Some("edit".into()));
    for name in [">k&lt;1&gt;</a>", "#2</a>", ">Ada</a>"] {
        assert!(opened.contains(name), "{name}: {opened}");
    }
    // Where nothing else takes the focus, the box that scrolls does.
    let scroll = "class=\"table-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Page\"";
    assert!(named(None).contains(scroll) && !opened.contains(scroll));
}

#[test]
fn two_blocks_of_one_name_are_the_plugins_fault() {
    let twice = || vec![block("it", Content::Progress(1)), block("it", Content::Progress(2))];
    let page = page("Page", vec![section("", SectionLayout::Stack, twice())]);
    let place = Fake::new(&[]);
    let drawn = screens().page(&Frame::default(), &page, &place).unwrap_err();
    let told = data(&page, &place).unwrap_err();
    for error in [drawn, told] {
        assert!(matches!(&error, ScreenError::Invalid { block, .. } if block == "it"), "{error}");
    }
}
