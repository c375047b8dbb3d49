//! Prose, notices, badges, and words that break narrow designs.

use vestry_sdk::prelude::*;

/// A word that does not fit a phone.
pub const LONG: &str = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
/// Words from right to left, with some from left to right in them.
pub const RTL: &str = "مرحبا بكم في Vestry، هذه الصفحة من اليمين إلى اليسار";

/// Every level with its name.
pub const LEVELS: [(&str, Level); 5] = [
    ("neutral", Level::Neutral),
    ("primary", Level::Primary),
    ("success", Level::Success),
    ("warning", Level::Warning),
    ("danger", Level::Danger),
];

const MARKDOWN: &str = "\
# A heading of the first kind

A paragraph with **strong**, *emphatic* and `literal` words, a [link outside](https://example.org/) and a
[link to a page of this plugin](route:tables). A line that goes on for long enough to need more than one row on
nearly every screen, so that the distance of rows can be judged.

## Lists

- one
- two, with a list in it
  1. first
  2. second
- three

> Words of somebody else.

```rust
fn main() { println!(\"Hello\"); }
```

| Name | Number |
|---|---:|
| Ada | 1 |
| Zoë | 22 |

---

<b>Markup is text</b>, ![pictures are dropped](https://example.org/x.png).";

pub fn words(_: &Request) -> Result<Page> {
    let notices = LEVELS
        .map(|(name, level)| (format!("notice-{name}"), notice(level, text!("A notice of the level {name}.", name))));
    let page = Page::new("Words")
        .lead("Prose, notices and badges.")
        .action(Action::new("Style guide", "home"))
        .block("prose", prose(MARKDOWN));
    let page = notices
        .into_iter()
        .fold(page.section(Section::new("notices", "Notices")), |page, (name, block)| page.block(name, block));
    Ok(page
        .block("notice-long", notice(Level::Warning, format!("{LONG} ").repeat(6)))
        .section(
            Section::new("badges", "Badges").block(
                "badges",
                facts(LEVELS.map(|(name, level)| fact(name.to_owned(), badge(name.to_owned(), level)))),
            ),
        )
        .section(
            Section::new("buttons", "Buttons")
                .summary("The last one may nobody press: it is not drawn.")
                .block("buttons", buttons()),
        )
        .section(Section::new("translated", "Phrases and data").block("translated", facts(translated())))
        .section(
            Section::new("rtl", data(RTL))
                .summary(data(RTL))
                .block("rtl", prose(data(RTL)))
                .block("rtl-notice", notice(Level::Primary, data(RTL))),
        ))
}

fn buttons() -> Content {
    let plain = LEVELS
        .map(|(name, level)| Action::new(text!("A {name} button", name), "press").level(level).value("level", name));
    let others = [
        Action::new("It asks first", "press").danger().value("asked", "1").confirm("Is that really meant?"),
        Action::new(LONG.to_owned(), "press"),
        Action::new(data(RTL), "press"),
        Action::new("A button that leads to a page", "tables"),
        Action::new("Nobody sees this", "nobody"),
    ];
    actions(plain.into_iter().chain(others))
}

fn translated() -> [vestry_sdk::ui::Fact; 3] {
    let shown = |text: Text| badge(text, Level::Neutral);
    [
        fact("Phrase", shown("Words of the plugin".into())),
        fact("Filled", shown(text!("{count} accounts of {name}", count = 3, name = "Ada <b>"))),
        fact("Data", shown(data("<i>As it was written</i>"))),
    ]
}
