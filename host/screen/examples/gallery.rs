//! Draws every block in every state and every page of the host into `target/gallery/`, to be looked at after a change
//! of templates or style. Serve `target/` (the icons are taken from `/assets/`): `python3 -m http.server -d target`,
//! then open `/gallery/`.

#[path = "../tests/support/fixture.rs"]
mod fixture;

use std::error::Error;
use std::fs;
use std::path::Path;

use fixture::*;
use serde_json::json;
use vestry_contract::types::{Filled, Text};
use vestry_contract::ui::*;
use vestry_screen::*;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let screens = Screens::load(Some(&root.join("templates")), AssetNames::new())?;
    let out = root.join("target/gallery");
    fs::create_dir_all(&out)?;
    for (name, direction, theme) in [
        ("", Direction::Ltr, Theme::Light),
        ("-dark", Direction::Ltr, Theme::Dark),
        ("-rtl", Direction::Rtl, Theme::Light),
    ] {
        let frame = frame(&screens, direction, theme)?;
        for (page, drawn) in pages(&screens, &frame)? {
            fs::write(out.join(format!("{page}{name}.html")), drawn)?;
        }
    }
    Ok(())
}

fn frame(screens: &Screens, direction: Direction, theme: Theme) -> Result<Frame, ScreenError> {
    let entry = |label: &str, href: &str, icon: &str| MenuEntry {
        label: label.into(),
        href: href.into(),
        icon: icon.into(),
        section: SectionKind::Tools,
        active: label == "Users",
        badge: None,
        unavailable: None,
    };
    let menu = [
        entry("Start", "/", "home"),
        entry("Users", "/users", "users"),
        MenuEntry { badge: Some(("3".into(), Level::Danger)), ..entry("Logs", "/logs", "list") },
        entry("Packages", "/packages", "package"),
        MenuEntry {
            unavailable: Some("Switched off after five failures".into()),
            ..entry("Interviews", "/interviews", "messages")
        },
        entry("Style guide", "/styleguide", "palette"),
        MenuEntry { section: SectionKind::Account, ..entry("Your account", "/account", "user") },
    ];
    let language = if direction == Direction::Rtl { "ar" } else { "en" };
    Ok(Frame {
        language: language.into(),
        direction,
        theme,
        nonce: "gallery".into(),
        request_id: "01JDAB7Q2M".into(),
        menu: screens.menu(&menu, language)?,
        actor: Some(Person { name: "Ada Lovelace".into(), email: "ada@example.org".into() }),
        ..Frame::default()
    })
}

fn pages(screens: &Screens, frame: &Frame) -> Result<Vec<(&'static str, String)>, ScreenError> {
    let users = Fake::new(&[("sort", "name"), ("q", "a")]);
    let noticed = Frame {
        notices: vec![Shown { level: Level::Success, text: "Grace Hopper may develop now.".into() }],
        ..frame.clone()
    };
    let focus = Frame { focus: true, ..frame.clone() };
    Ok(vec![
        ("users", screens.page(&noticed, &users_page(), &users)?),
        ("form", screens.page(frame, &form_page(), &users)?),
        ("blocks", screens.page(frame, &blocks_page(), &users)?),
        ("text", screens.page(frame, &text_page(), &users)?),
        ("focus", screens.page(frame, &Page { focus: true, ..question_page() }, &users)?),
        ("sign-in", screens.host("account/sign-in.html", &focus, json!({ "next": "/users", "email": "ada@example.org", "error": "This address and password do not belong together.", "wait": 4 }))?),
        ("setup", screens.host("account/setup.html", &focus, json!({ "action": "/setup/x", "name": "", "email": "", "min_length": 12, "errors": { "password": "This is one of the passwords that are tried first." } }))?),
        ("signed-out", screens.host("account/signed-out.html", &focus, json!({}))?),
        ("confirm", screens.host("account/confirm.html", &focus, confirm())?),
        ("account", screens.host("account/account.html", frame, account())?),
        ("error", screens.host("error.html", frame, json!({ "status": 502, "title": "This page did not work", "sentence": "The plugin took longer than it may and was stopped. Nothing that it did has been kept.", "todo": "Try again; if it happens again, tell whoever looks after this server, with the number of the request.", "plugin": { "id": "org.example.users", "title": "User List", "version": "1.4.2", "mount": "users" }, "request_id": "01JDAB7Q2M", "back": "/users", "recover": true }))?),
        ("leave", screens.host("leave.html", &focus, json!({ "address": "https://example.org/very/long/path?with=a&query=that-goes-on-and-on-and-on-and-on", "host": "example.org" }))?),
        ("safe", screens.host("safe.html", frame, safe())?),
        ("welcome", screens.host("welcome.html", frame, welcome())?),
    ])
}

fn stack(title: &str, blocks: Vec<Block>) -> Section {
    section(title, SectionLayout::Stack, blocks)
}

fn users_page() -> Page {
    let search = Form {
        inline: true,
        ..form(
            vec![
                Field {
                    values: vec!["a".into()],
                    ..field(
                        "q",
                        "Search",
                        Input::Text(TextInput {
                            placeholder: words("Name or e-mail"),
                            max_length: None,
                            autocomplete: "off".into(),
                        }),
                    )
                },
                field(
                    "privilege",
                    "Privilege",
                    Input::Select(choices(&[("", "All"), ("admin", "admin"), ("developer", "developer")])),
                ),
                field(
                    "state",
                    "State",
                    Input::Select(choices(&[("", "All"), ("active", "active"), ("inactive", "inactive")])),
                ),
            ],
            action("Search", "list", Level::Neutral),
        )
    };
    let accounts = Table {
        each: vec![Action {
            confirm: Some(words("Delete this account? It cannot be brought back.")),
            ..action("Delete", "remove", Level::Danger)
        }],
        bulk: vec![
            action("Activate", "activate", Level::Neutral),
            action("Deactivate", "deactivate", Level::Danger),
            Action {
                values: pairs(&[("privilege", "developer")]),
                ..action("Give “developer”", "give", Level::Neutral)
            },
        ],
        previous: Some(to("list", &[("sort", "name"), ("q", "a"), ("before", "x")])),
        ..accounts(12)
    };
    Page {
        lead: words("Everyone who can sign in here, and what each of them may do."),
        actions: vec![action("Add a person", "add", Level::Primary)],
        ..page(
            "Users",
            vec![stack("", vec![block("search", Content::Form(search)), block("accounts", Content::Table(accounts))])],
        )
    }
}

fn form_page() -> Page {
    let help = |text: &str, field: Field| Field { help: words(text), ..field };
    let mut all = form(vec![], action("Save", "save", Level::Primary));
    let text = TextInput { placeholder: words("Ada Lovelace"), max_length: Some(80), autocomplete: "name".into() };
    let number = NumberInput { min: Some(0.0), max: Some(120.0), step: Some(1.0), unit: "minutes".into() };
    let file =
        FileInput { accept: vec![".zip".into(), "application/pdf".into()], max_bytes: 5_242_880, multiple: true };
    let matrix = Matrix {
        rows: choices(&[("users", "Users"), ("logs", "Logs"), ("packages", "Packages")]),
        columns: choices(&[("read", "Read"), ("write", "Write"), ("delete", "Delete")]),
        locked: vec!["users read".into(), "packages delete".into()],
    };
    let contact = choices(&[("mail", "E-mail"), ("phone", "Telephone"), ("none", "Not at all")]);
    let fields = vec![
        FormItem::Heading(words("The person")),
        FormItem::Prose(words(
            "Only the name is needed; the rest can wait. See [the list](route:list) or [the law](https://example.org/law).",
        )),
        FormItem::Field(Field {
            required: true,
            ..help("As it should stand in letters.", field("name", "Name", Input::Text(text)))
        }),
        FormItem::Field(Field {
            required: true,
            values: vec!["ada@".into()],
            error: Some(words("This is not a whole address.")),
            ..field("email", "E-mail", Input::Email)
        }),
        FormItem::Field(field("site", "Web site", Input::Url)),
        FormItem::Field(help("Leave it empty to keep the old one.", field("password", "Password", Input::Password))),
        FormItem::Heading(words("When and how")),
        FormItem::Field(Field {
            values: vec!["phone".into()],
            required: true,
            ..field("contact", "How may we reach you?", Input::Radio(contact))
        }),
        FormItem::Field(Field {
            required: true,
            when: Some(Condition { field: "contact".into(), values: vec!["phone".into()] }),
            ..field(
                "phone",
                "Telephone number",
                Input::Text(TextInput { placeholder: words(""), max_length: None, autocomplete: "tel".into() }),
            )
        }),
        FormItem::Field(field("date", "Day", Input::Date)),
        FormItem::Field(field("time", "Time", Input::Time)),
        FormItem::Field(field("both", "Day and time", Input::DateTime)),
        FormItem::Field(Field { values: vec!["30".into()], ..field("length", "Length", Input::Number(number)) }),
        FormItem::Heading(words("What")),
        FormItem::Field(field("kind", "Kind", Input::Select(choices(&[("a", "Advice"), ("b", "Training")])))),
        FormItem::Field(Field {
            values: vec!["b".into()],
            ..field(
                "days",
                "Days",
                Input::Checkboxes(choices(&[("a", "Monday"), ("b", "Tuesday"), ("c", "Wednesday")])),
            )
        }),
        FormItem::Field(help(
            "Choose, or write your own.",
            field("town", "Town", Input::Combobox(choices(&[("Oxford", "Oxford"), ("Bath", "Bath")]))),
        )),
        FormItem::Field(field("notes", "Notes", Input::Multiline(4))),
        FormItem::Field(Field {
            values: vec!["public-url: https://vestry.example\nproxies: []\n".into()],
            error: Some(words("Line 2: an empty list means none.")),
            ..field("config", "Configuration", Input::Code("yaml".into()))
        }),
        FormItem::Field(Field {
            values: vec!["users read".into(), "logs read".into()],
            ..field("permissions", "Permissions", Input::Matrix(matrix))
        }),
        FormItem::Field(help("One or more.", field("files", "Documents", Input::File(file)))),
        FormItem::Field(field("signature", "Signature", Input::Signature)),
        FormItem::Field(Field { required: true, ..field("agree", "I have read what this means", Input::Checkbox) }),
        FormItem::Field(field("later", "From a later version", Input::Other(("colour".into(), "{}".into())))),
        FormItem::Field(Field { values: vec!["7".into()], ..field("id", "", Input::Hidden) }),
    ];
    all.items = fields;
    all.others = vec![
        action("Save as draft", "give", Level::Neutral),
        Action { confirm: Some(words("Throw all of this away?")), ..action("Discard", "deactivate", Level::Danger) },
    ];
    page("Edit a person", vec![stack("", vec![block("edit", Content::Form(all))])])
}

fn question_page() -> Page {
    let choices = choices(&[("yes", "Yes"), ("no", "No"), ("unsure", "I am not sure")]);
    let question = form(
        vec![Field { required: true, ..field("rent", "Do you pay rent?", Input::Radio(choices)) }],
        action("Continue", "save", Level::Primary),
    );
    Page {
        lead: words("Question 3 of about 12. Nothing is sent before the end."),
        ..page(
            "Your home",
            vec![stack("", vec![block("progress", Content::Progress(25)), block("question", Content::Form(question))])],
        )
    }
}

fn series(label: &str, values: &[f64]) -> Series {
    Series { label: words(label), values: values.iter().copied().map(Some).collect() }
}

fn chart(kind: &str, unit: &str, labels: &[&str], series: Vec<Series>) -> Chart {
    Chart {
        kind: kind.into(),
        unit: unit.into(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        series,
        extra: vec![],
    }
}

fn blocks_page() -> Page {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let notices = [Level::Neutral, Level::Primary, Level::Success, Level::Warning, Level::Danger].map(|level| {
        let text = Text::Filled(Filled {
            phrase: "A notice of the level {level}: one sentence that says what is the matter.".into(),
            values: pairs(&[("level", level_name(level))]),
        });
        block(&format!("notice-{}", level_name(level)), Content::Notice(Notice { level, text }))
    });
    let buttons = vec![
        action("Neutral", "save", Level::Neutral),
        action("Primary", "save", Level::Primary),
        action("Success", "save", Level::Success),
        action("Warning", "save", Level::Warning),
        Action { confirm: Some(words("Really?")), ..action("Danger", "save", Level::Danger) },
        action("A link", "list", Level::Neutral),
    ];
    let link = |label: &str, target| Cell::Link(Link { label: words(label), target });
    let cells = vec![
        ("Text", Cell::Text("Words <b>as they are</b>".into())),
        ("Code", Cell::Code("01JDAB7Q2M".into())),
        ("Integer", Cell::Integer(-42)),
        ("Decimal", Cell::Decimal(2.5)),
        ("Bytes", Cell::Bytes(1_572_864)),
        ("Time", Cell::Time(TIME)),
        ("Flags", Cell::Flag(true)),
        ("No", Cell::Flag(false)),
        ("Badge", Cell::Badge(Badge { label: words("running"), level: Level::Success })),
        (
            "Badges",
            Cell::Badges(
                [Level::Neutral, Level::Primary, Level::Success, Level::Warning, Level::Danger]
                    .map(|level| Badge { label: words(level_name(level)), level })
                    .into(),
            ),
        ),
        ("Link", link("Users", Target::Route(to("list", &[])))),
        ("Elsewhere", link("The law", Target::External("https://example.org/law".into()))),
        ("Percent", Cell::Percent(64)),
        ("Empty", Cell::Empty),
        ("Later kind", Cell::Other(("colour".into(), "\"#5b3a8e\"".into()))),
    ];
    let facts = cells.into_iter().map(|(label, value)| Fact { label: words(label), value }).collect();
    let mark =
        |x, y, label: &str, level, open| Mark { x, y, width: 0.3, height: 0.1, label: words(label), level, open };
    let picture = Picture {
        alt: words("First page of the form"),
        width: 600,
        height: 400,
        image: None,
        marks: vec![
            mark(0.1, 0.1, "Name", Level::Primary, Some(to("list", &[]))),
            mark(0.5, 0.3, "Date of birth", Level::Warning, None),
            mark(0.1, 0.6, "Signature", Level::Danger, None),
        ],
    };
    let message =
        |author: &str, text: &str, mine| Message { author: author.into(), time: TIME, text: text.into(), mine };
    let feed = Feed {
        messages: vec![
            message("Grace", "The scan of page two is upside down.\nCan you send it again?", false),
            message("Ada", "Of course; give me a minute.", true),
        ],
        reply: Some(form(
            vec![Field { required: true, ..field("text", "Your answer", Input::Multiline(3)) }],
            action("Send", "save", Level::Primary),
        )),
    };
    let rows = |count: usize| {
        TableData::Rows(
            (0..count)
                .map(|row| Row {
                    key: row.to_string(),
                    cells: vec![Cell::Text(format!("Row {row}")), Cell::Flag(row.is_multiple_of(2))],
                    hidden: if row == 1 { vec![0] } else { vec![] },
                })
                .collect(),
        )
    };
    let small = Table {
        each: vec![action("Activate", "activate", Level::Neutral), action("Edit", "edit", Level::Neutral)],
        ..table(vec![column("a", "Name", false), column("b", "On", true)], rows(3))
    };
    let tab = |title: &str, content| section(title, SectionLayout::Tab, vec![block(&format!("tab-{title}"), content)]);
    page(
        "Blocks",
        vec![
            stack("Notices", notices.into()),
            stack("Actions", vec![block("actions", Content::Actions(buttons))]),
            stack("Facts, with every kind of cell", vec![block("facts", Content::Facts(facts))]),
            section(
                "Charts",
                SectionLayout::Columns,
                vec![
                    block(
                        "stat",
                        Content::Chart(chart(
                            "stat",
                            "visits",
                            &days,
                            vec![series("Visits today", &[12.0, 18.0, 9.0, 22.0, 25.0, 21.0, 31.0])],
                        )),
                    ),
                    block(
                        "stat-2",
                        Content::Chart(chart(
                            "stat",
                            "ms",
                            &days,
                            vec![series("Slowest page", &[120.0, 80.0, 95.0, 60.0, 72.0, 66.0, 41.0])],
                        )),
                    ),
                    block("empty-chart", Content::Chart(chart("line", "", &[], vec![]))),
                ],
            ),
            stack(
                "More charts",
                vec![
                    block(
                        "line",
                        Content::Chart(chart(
                            "line",
                            "requests",
                            &days,
                            vec![
                                series("Users", &[120.0, 180.0, 90.0, 220.0, 250.0, 210.0, 310.0]),
                                Series {
                                    label: words("Logs"),
                                    values: vec![
                                        Some(40.0),
                                        Some(60.0),
                                        None,
                                        Some(80.0),
                                        Some(75.0),
                                        Some(90.0),
                                        Some(66.0),
                                    ],
                                },
                            ],
                        )),
                    ),
                    block(
                        "bar",
                        Content::Chart(chart(
                            "bar",
                            "MiB",
                            &days,
                            vec![
                                series("Memory", &[12.0, 18.0, 9.0, -4.0, 25.0, 21.0, 31.0]),
                                series("Files", &[5.0, 8.0, 19.0, 12.0, 5.0, 2.0, 1.0]),
                            ],
                        )),
                    ),
                    block(
                        "area",
                        Content::Chart(chart(
                            "area",
                            "",
                            &days,
                            vec![series("Sessions", &[0.2, 0.3, 0.25, 0.4, 0.6, 0.5, 0.7])],
                        )),
                    ),
                    block(
                        "pie",
                        Content::Chart(chart("pie", "", &days[..3], vec![series("Unknown kind", &[1.0, 2.0, 3.0])])),
                    ),
                ],
            ),
            stack(
                "Tables",
                vec![
                    block("small", Content::Table(small)),
                    block("none", Content::Table(table(vec![column("a", "Name", false)], TableData::Rows(vec![])))),
                ],
            ),
            stack("Picture", vec![block("picture", Content::Picture(picture))]),
            stack("Messages", vec![block("feed", Content::Feed(feed))]),
            stack(
                "What is under way",
                vec![
                    block("progress", Content::Progress(64)),
                    block("job", Content::Job("01JDAB".into())),
                    block("panel", Content::Panel("consent:abc".into())),
                    block("passkeys", Content::Panel("passkeys".into())),
                    block("other", Content::Other(("map".into(), "{}".into()))),
                    block("frame", Content::Frame(to("secret", &[]))),
                ],
            ),
            tab("Summary", Content::Prose(words("The first tab is open.\n\n- one\n- two"))),
            tab("Details", Content::Source(Source { language: "json".into(), text: "{\"a\": 1}".into() })),
            tab("History", Content::Prose(words("Nothing happened yet."))),
        ],
    )
}

fn text_page() -> Page {
    let prose = "# A heading\n\nWords with **weight**, `code` and a [link](route:show?id=7&tab=x). <script>alert(1)</script>\n\n> Quoted.\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```\nfn main() {}\n```\n\n1. one\n2. two";
    let line = |level, source: &str, text: &str| LogLine {
        time: Some(TIME),
        level,
        source: source.into(),
        text: text.into(),
        marks: vec![],
        open: None,
    };
    let log = Log {
        lines: vec![
            line(None, "host", "Vestry is ready at http://127.0.0.1:8080"),
            line(Some(Level::Success), "installer", "org.example.users 1.4.2 installed"),
            line(Some(Level::Warning), "org.example.users", "took 812 ms of CPU time for /users"),
            LogLine {
                open: Some(to("list", &[])),
                ..line(
                    Some(Level::Danger),
                    "org.example.logs",
                    "trap: unreachable\n  at handle\n  at vestry:plugin/feature#handle",
                )
            },
            line(
                Some(Level::Neutral),
                "host",
                "a very long line without any space: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
            ),
        ],
        newest_first: false,
        older: Some(to("list", &[("before", "x")])),
    };
    let before: String = (1..30).map(|line| format!("line {line}\n")).collect();
    let after =
        before.replace("line 4\n", "line four, changed\n").replace("line 22\n", "line 22\nline 22 and a half\n");
    page(
        "Text",
        vec![
            stack("Prose", vec![block("prose", Content::Prose(words(prose)))]),
            stack(
                "Log",
                vec![
                    block("log", Content::Log(log)),
                    block("no-log", Content::Log(Log { lines: vec![], newest_first: false, older: None })),
                ],
            ),
            stack(
                "Source",
                vec![block(
                    "source",
                    Content::Source(Source {
                        language: "yaml".into(),
                        text: "public-url: https://vestry.example\nlisten: 127.0.0.1:8080\n".into(),
                    }),
                )],
            ),
            stack(
                "Difference",
                vec![
                    block("diff", Content::Diff(Diff { language: "text".into(), before: before.clone(), after })),
                    block(
                        "same",
                        Content::Diff(Diff { language: String::new(), before: before.clone(), after: before }),
                    ),
                ],
            ),
        ],
    )
}

fn confirm() -> serde_json::Value {
    json!({
        "sentences": ["gives the privilege “admin” to Grace Hopper (grace@example.org)", "gives the privilege “developer” to 3 people: Alan Turing, Barbara Liskov, Radia Perlman"],
        "plugin": { "id": "org.example.users", "title": "User List", "version": "1.4.2", "digest": "9f86d081884c7d659a2feaa0c55ad015" },
        "person": "Ada Lovelace", "action": "/account/confirm", "ticket": "t", "password": true,
    })
}

fn account() -> serde_json::Value {
    json!({
        "name": "Ada Lovelace", "email": "ada@example.org", "privileges": ["admin", "user"], "min_length": 12, "errors": { "current": "This is not your password." },
        "sessions": [
            { "id": "1", "agent": "Firefox on Linux", "address": "192.0.2.7", "created": "2026-11-20T08:00:00Z", "seen": "2026-11-21T21:00:00Z", "current": true },
            { "id": "2", "agent": "Safari on iPhone", "address": "2001:db8::1", "created": "2026-11-01T08:00:00Z", "seen": "2026-11-19T10:00:00Z", "current": false },
        ],
        "tokens": [{ "id": "9", "name": "nightly export", "permissions": ["users.read", "logs.read"], "created": "2026-11-01T08:00:00Z", "expires": "2027-11-01T08:00:00Z", "seen": null }],
    })
}

fn safe() -> serde_json::Value {
    json!({ "plugins": [
        { "id": "org.example.users", "title": "User List", "version": "1.4.2", "mount": "users", "state": "running", "reason": null },
        { "id": "org.example.logs", "title": "Logs", "version": "0.9.0", "mount": "logs", "state": "quarantined", "reason": "It failed five times in five minutes, the last time with: unreachable." },
        { "id": "org.example.files", "title": "Files", "version": "2.0.0", "mount": "files", "state": "disabled", "reason": "Switched off by Ada Lovelace." },
    ] })
}

fn welcome() -> serde_json::Value {
    json!({
        "name": "Ada",
        "entries": [
            { "label": "Users", "href": "/users", "icon": "users", "summary": "Who can sign in, and what they may do" },
            { "label": "Logs", "href": "/logs", "icon": "list", "summary": "What happened, line by line" },
            { "label": "Packages", "href": "/packages", "icon": "package", "summary": "Install, update and swap features" },
            { "label": "Interviews", "href": "/i", "icon": "messages", "unavailable": "Switched off after five failures" },
        ],
        "steps": [{ "label": "Add a person", "href": "/users/add", "summary": "They get an account and the privilege “user”." }, { "label": "Look at the style guide", "href": "/styleguide", "summary": "Every block in every state." }],
    })
}
