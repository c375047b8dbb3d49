//! A case and the sentence that it gets.

use vestry_contract::registration::{Contribution, MenuEntry, Need, Permission, Route, Schedule, Wish};
use vestry_contract::types::{Filled, Text};

use super::*;

const NONE: Exports = Exports { background: false, migration: false };
const ALL: Exports = Exports { background: true, migration: true };

fn words(text: &str) -> Text {
    Text::Phrase(text.into())
}

fn route(name: &str, verb: Verb, path: &str) -> Route {
    Route {
        name: name.into(),
        verb,
        path: path.into(),
        access: Access::SignedIn,
        summary: words("A page"),
        max_body: 0,
        extra: Vec::new(),
    }
}

fn entry(label: &str, route: &str) -> MenuEntry {
    MenuEntry {
        label: words(label),
        route: route.into(),
        icon: "users".into(),
        section: "tools".into(),
        order: 0,
        extra: Vec::new(),
    }
}

fn contribution(point: &str, title: &str) -> Contribution {
    Contribution {
        point: point.into(),
        title: words(title),
        summary: words("About it"),
        route: "home".into(),
        extra: Vec::new(),
    }
}

fn permission(name: &str) -> Permission {
    Permission { name: name.into(), title: words("To read"), suggested: vec!["user".into()] }
}

fn wish(capability: Capability) -> Wish {
    Wish { capability, reason: words("For its work") }
}

fn schedule(job: &str) -> Schedule {
    Schedule { job: job.into(), cron: "0 * * * *".into(), input: "{}".into() }
}

/// A plugin with one of everything, and nothing wrong.
fn plugin() -> PluginInfo {
    PluginInfo {
        id: "org.example.a".into(),
        version: "1.0.0".into(),
        title: words("Notes"),
        summary: words("Keeps notes"),
        language: "en".into(),
        mount: "notes".into(),
        routes: vec![route("home", Verb::Get, "/"), route("save", Verb::Post, "/{id}")],
        menu: vec![entry("Notes", "home")],
        permissions: vec![permission("org.example.a/read")],
        wishes: vec![wish(Capability::Permission("users.read".into())), wish(Capability::Identity)],
        contributions: vec![contribution("org.example.b/tiles", "Notes")],
        points: vec!["org.example.a/pages".into()],
        needs: vec![Need { what: "org.example.b".into(), at_least: "1.2.0".into() }],
        schedules: vec![schedule("tidy")],
        messages: Vec::new(),
        data_version: 1,
        settings: Some("{}".into()),
        extra: Vec::new(),
    }
}

/// A rule, what breaks it, and how the sentence begins or what stands in it.
type Case = (fn(&mut PluginInfo), &'static str);

const CASES: &[Case] = &[
    // Who it is.
    (|info| info.id = "notes".into(), "the id `notes` is not in reverse DNS"),
    (|info| info.id = "org.ехample.a".into(), "is not in reverse DNS"),
    (|info| info.id = "org.exa\u{200b}mple.a".into(), "is not in reverse DNS"),
    (|info| info.version = "1.0".into(), "the version `1.0` is not a semantic version"),
    (|info| info.settings = Some("{".into()), "`settings` is not a JSON document"),
    // Where it is.
    (|info| info.mount = "safe".into(), "the mount `safe` belongs to the server itself; choose another"),
    (|info| info.mount = "account".into(), "the mount `account` belongs to the server itself; choose another"),
    (|info| info.mount = "No tes".into(), "the mount `No tes` is not 1 to 32 of a-z"),
    (|info| info.mount = "n\u{43e}tes".into(), "is not 1 to 32 of a-z"),
    // What cannot be seen.
    (|info| info.title = words("No\u{200b}tes"), "the title holds characters that cannot be seen"),
    (|info| info.title = words("seto\u{202e}N"), "the title holds characters that cannot be seen"),
    (|info| info.summary = words("a\u{2066}b"), "the summary holds characters that cannot be seen"),
    (|info| info.menu[0].label = words("Notes\u{feff}"), "a menu label holds characters that cannot be seen"),
    (|info| info.routes[0].summary = words("a\u{ad}b"), "a route's summary holds characters that cannot be seen"),
    (|info| info.wishes[0].reason = words("a\nb"), "a wish's reason holds characters that cannot be seen"),
    (|info| info.permissions[0].title = words("a\u{7}b"), "a permission's title holds characters that cannot be seen"),
    (
        |info| info.contributions[0].summary = words("a\u{e0041}b"),
        "a contribution's summary holds characters that cannot be seen",
    ),
    (
        |info| {
            let values = vec![("x".into(), "a\u{202e}b".into())];
            info.title = Text::Filled(Filled { phrase: "{x}".into(), values });
        },
        "the title holds characters that cannot be seen",
    ),
    (|info| info.language = "e\u{200d}n".into(), "the language \"e\\u{200d}n\" holds characters"),
    (|info| info.menu[0].section = "too\u{200b}ls".into(), "the section of a menu entry"),
    (|info| info.needs[0].what = "org.example\u{202e}.b".into(), "the need of \"org.example"),
    (|info| info.wishes[0] = wish(Capability::Other(("a".into(), "\u{200b}".into()))), "the wish for"),
    // What reads as another word.
    (|info| info.title = words("N\u{43e}tes"), "the title has a word with letters of different scripts, \"Nоtes\""),
    (
        |info| info.menu[0].label = words("My \u{391}ccount"),
        "a menu label has a word with letters of different scripts",
    ),
    (|info| info.contributions[0].title = words("\u{405}ign"), "a contribution's title has a word with letters of"),
    // Routes.
    (
        |info| {
            info.routes.clear();
            info.menu.clear();
            info.contributions.clear();
        },
        "it registers no route; a plugin without one cannot be reached",
    ),
    (|info| info.routes[1].name = "Save".into(), "the route name `Save` is not a-z"),
    (|info| info.routes[1].name = "sаve".into(), "the route name `sаve` is not a-z"),
    (|info| info.routes[1].name = "home".into(), "two routes have the name `home`; rename one"),
    (
        |info| info.routes.push(route("other", Verb::Get, "/")),
        "the routes `home` and `other` have the same verb and path; change one",
    ),
    (|info| info.routes[1].path = "/../safe".into(), "the path `/../safe` of the route `save` is not one"),
    (|info| info.routes.push(route("other", Verb::Get, "/{*}/end")), "the path `/{*}/end` cannot be served"),
    (|info| info.routes[1].max_body = LARGEST_BODY + 1, "the route `save` takes bodies of"),
    (
        |info| info.routes[0].access = Access::Everyone,
        "the route `home` is open to everyone, which has to be asked for",
    ),
    // Menu and contributions.
    (
        |info| info.menu[0].route = "nowhere".into(),
        "a menu entry leads to the route `nowhere`, which is not registered",
    ),
    (|info| info.menu[0].route = "save".into(), "a menu entry leads to the route `save`, which is not a GET"),
    (
        |info| {
            info.routes.push(route("one", Verb::Get, "/one/{id}"));
            info.contributions[0].route = "one".into();
        },
        "a contribution leads to the route `one`, which takes parameters",
    ),
    (
        |info| info.points[0] = "org.example.b/pages".into(),
        "the point `org.example.b/pages` is not named after its plugin; call it org.example.a/NAME",
    ),
    (|info| info.points.push("org.example.a/pages".into()), "two points have the name `org.example.a/pages`"),
    (|info| info.needs[0].at_least = "two".into(), "it needs org.example.b at least in `two`"),
    // Permissions.
    (
        |info| info.permissions[0].name = "users.read".into(),
        "the permission `users.read` is not named after its plugin; call it org.example.a/NAME",
    ),
    (|info| info.permissions.push(permission("org.example.a/read")), "two permissions have the same name"),
    (
        |info| info.routes[0].access = Access::Permission("users.raed".into()),
        "the route `home` asks for the permission `users.raed`, which neither the server nor this plugin has",
    ),
    (
        |info| info.wishes[0] = wish(Capability::Permission("users.fly".into())),
        "it wishes for the permission `users.fly`, which the server does not have; name another",
    ),
    // Wishes, schedules, and what it stores.
    (
        |info| info.wishes[0] = wish(Capability::Origin("https://Example.org".into())),
        "it wishes for the origin `https://Example.org`, which is written `https://example.org`; write it so",
    ),
    (
        |info| info.wishes[0] = wish(Capability::Origin("setting:rates..url".into())),
        "it wishes for the origin `setting:rates..url`, which names no setting; write it like setting:rates.url",
    ),
    (|info| info.schedules[0].cron = "hourly".into(), "the times `hourly` of the job `tidy` are not cron"),
    (|info| info.schedules.push(schedule("tidy")), "two schedules start the job `tidy`"),
    (|info| info.data_version = 0, "its `data-version` is 0; data-versions are counted from 1"),
    // How much it is.
    (|info| info.points = vec![info.points[0].clone(); 501], "it registers 501 points; the most is 500"),
    (|info| info.settings = Some(format!("\"{}\"", "x".repeat(300 << 10))), "all that it registers has 30"),
    (|info| info.title = words(&"é".repeat(101)), "the title is longer than 100 characters; shorten it"),
    (|info| info.menu[0].label = words(&"x".repeat(101)), "a menu label is longer than 100 characters"),
    (|info| info.summary = words(&"x".repeat(501)), "the summary is longer than 500 characters"),
    (|info| info.wishes[0].reason = words(&"x".repeat(501)), "a wish's reason is longer than 500 characters"),
    (
        |info| {
            let values = (0..60).map(|number| (number.to_string(), "0123456789".into())).collect();
            info.summary = Text::Filled(Filled { phrase: "{0}".into(), values });
        },
        "the summary is longer than 500 characters",
    ),
    (|info| info.language = "x".repeat(36), "the language is longer than 35 characters"),
    (|info| info.menu[0].icon = "x".repeat(101), "is longer than 100 characters"),
    (|info| info.version = format!("1.0.0-{}", "x".repeat(64)), "the version has more than 64 characters"),
    (|info| info.routes[0].path = format!("/{}", "x".repeat(500)), "the path of the route `home` has more than 500"),
    (
        |info| info.permissions[0].suggested = vec!["user".into(); 51],
        "the permission `org.example.a/read` is suggested for 51 privileges",
    ),
];

#[test]
fn each_case_gets_its_sentence() {
    assert_eq!(problems(&plugin(), ALL), Vec::<String>::new());
    for (number, (change, said)) in CASES.iter().enumerate() {
        let mut changed = plugin();
        change(&mut changed);
        let found = problems(&changed, ALL);
        assert!(found.iter().any(|problem| problem.contains(said)), "{number}, {said}: {found:?}");
    }
}

#[test]
fn all_problems_are_named_and_not_the_first_alone() {
    let mut wrong = plugin();
    wrong.mount = "safe".into();
    wrong.title = words("N\u{43e}tes");
    wrong.menu[0].route = "nowhere".into();
    assert_eq!(problems(&wrong, ALL).len(), 3);
}

#[test]
fn what_is_said_of_it_has_an_end() {
    let mut many = plugin();
    many.routes = (0..500).map(|number| route(&format!("N{number}"), Verb::Get, "/")).collect();
    let found = problems(&many, ALL);
    assert!(found.len() == 31 && found[30].starts_with("there are "), "{found:?}");
    let mut long = plugin();
    long.id = "x".repeat(200 << 10);
    assert!(problems(&long, ALL).iter().all(|problem| problem.chars().count() <= 801));
    let mut large = plugin();
    large.routes = vec![route("Home", Verb::Get, "/"); 100_000];
    assert_eq!(problems(&large, ALL).len(), 2, "it is too large, and no more is looked at");
}

#[test]
fn what_is_promised_is_exported() {
    let mut bare = plugin();
    bare.schedules.clear();
    assert_eq!(problems(&bare, NONE), Vec::<String>::new());
    bare.data_version = 2;
    for (info, missing) in [(&bare, "does not export `migration`"), (&plugin(), "does not export `background`")] {
        let found = problems(info, NONE);
        assert!(found.len() == 1 && found[0].contains(missing), "{missing}: {found:?}");
        assert!(problems(info, ALL).is_empty());
    }
}
