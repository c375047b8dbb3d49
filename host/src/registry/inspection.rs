//! What a plugin registers, held against the rules: each problem with a sentence that says what to change.

use std::collections::HashSet;

use vestry_contract::registration::{Access, Capability, PluginInfo, Verb};
use vestry_contract::types::Text;
use vestry_identity::HOST_PERMISSIONS;

use crate::registry::messages;
use crate::registry::mount::Mount;
use crate::registry::names::{has_invisible, is_name, is_plugin_id};
use crate::registry::routes::RouteTable;
use crate::registry::{schedules, wishes};

/// The most that a route may take as a body, in bytes.
pub const LARGEST_BODY: u64 = 64 << 30;
/// The most of anything that one plugin may register.
const MOST: usize = 500;

/// Which of the interfaces a component exports that a registration can promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exports {
    pub background: bool,
    pub migration: bool,
}

/// All problems of a registration; none means that it can be served.
#[must_use]
pub fn problems(info: &PluginInfo, exports: Exports) -> Vec<String> {
    let mut problems = Vec::new();
    identity(info, &mut problems);
    texts(info, &mut problems);
    routes(info, &mut problems);
    menu_and_contributions(info, &mut problems);
    permissions(info, &mut problems);
    promises(info, exports, &mut problems);
    schedules::problems(info, &mut problems);
    wishes::problems(info, &mut problems);
    messages::problems(info, &mut problems);
    problems
}

fn identity(info: &PluginInfo, problems: &mut Vec<String>) {
    if !is_plugin_id(&info.id) {
        problems
            .push(format!("the id `{}` is not in reverse DNS, such as org.example.utilities; change `id`", info.id));
    }
    if let Err(error) = semver::Version::parse(&info.version) {
        problems
            .push(format!("the version `{}` is not a semantic version ({error}); write it like 1.4.0", info.version));
    }
    if let Err(error) = info.mount.parse::<Mount>() {
        problems.push(error.to_string());
    }
    let counts = [
        ("routes", info.routes.len()),
        ("menu entries", info.menu.len()),
        ("permissions", info.permissions.len()),
        ("wishes", info.wishes.len()),
        ("contributions", info.contributions.len()),
    ];
    for (what, count) in counts.into_iter().filter(|(_, count)| *count > MOST) {
        problems.push(format!("it registers {count} {what}; the most is {MOST}"));
    }
    if info.settings.as_ref().is_some_and(|settings| serde_json::from_str::<serde_json::Value>(settings).is_err()) {
        problems.push("`settings` is not a JSON document".into());
    }
}

fn texts(info: &PluginInfo, problems: &mut Vec<String>) {
    let mut texts: Vec<(&str, &Text)> = vec![("title", &info.title), ("summary", &info.summary)];
    texts.extend(info.routes.iter().map(|route| ("a route's summary", &route.summary)));
    texts.extend(info.menu.iter().map(|entry| ("a menu label", &entry.label)));
    texts.extend(info.permissions.iter().map(|permission| ("a permission's title", &permission.title)));
    texts.extend(info.wishes.iter().map(|wish| ("a wish's reason", &wish.reason)));
    texts.extend(
        info.contributions
            .iter()
            .flat_map(|it| [("a contribution's title", &it.title), ("a contribution's summary", &it.summary)]),
    );
    for (what, text) in texts {
        let words = match text {
            Text::Phrase(words) | Text::Data(words) => words,
            Text::Filled(filled) => &filled.phrase,
        };
        if has_invisible(words) {
            problems.push(format!("{what} holds characters that cannot be seen; take them out of {words:?}"));
        }
        if words.len() > 2_000 {
            problems.push(format!("{what} is longer than 2,000 bytes; shorten it"));
        }
    }
}

fn routes(info: &PluginInfo, problems: &mut Vec<String>) {
    if info.routes.is_empty() {
        problems.push("it registers no route; a plugin without one cannot be reached".into());
    }
    let mut names = HashSet::new();
    for route in &info.routes {
        if !is_name(&route.name) {
            problems
                .push(format!("the route name `{}` is not a-z, 0-9, -, _ and . from a letter; rename it", route.name));
        }
        if !names.insert(&route.name) {
            problems.push(format!("two routes have the name `{}`; rename one", route.name));
        }
        if route.max_body > LARGEST_BODY {
            problems.push(format!(
                "the route `{}` takes bodies of {} bytes; the most is {LARGEST_BODY}",
                route.name, route.max_body
            ));
        }
    }
    let (_, refused) = RouteTable::new(&info.routes);
    problems.extend(refused);
    let open = info.routes.iter().find(|route| matches!(route.access, Access::Everyone));
    let asked = info.wishes.iter().any(|wish| matches!(wish.capability, Capability::Public));
    if let (Some(route), false) = (open, asked) {
        problems.push(format!(
            "the route `{}` is open to everyone, which has to be asked for; add a wish for `public`",
            route.name
        ));
    }
}

fn menu_and_contributions(info: &PluginInfo, problems: &mut Vec<String>) {
    let named = info
        .menu
        .iter()
        .map(|entry| ("a menu entry", &entry.route))
        .chain(info.contributions.iter().map(|contribution| ("a contribution", &contribution.route)));
    for (what, name) in named {
        match info.routes.iter().find(|route| &route.name == name) {
            None => problems.push(format!(
                "{what} leads to the route `{name}`, which is not registered; register it or lead elsewhere"
            )),
            Some(route) if route.verb != Verb::Get => {
                problems.push(format!("{what} leads to the route `{name}`, which is not a GET; lead to a page"));
            }
            Some(route) if route.path.contains('{') => {
                problems
                    .push(format!("{what} leads to the route `{name}`, which takes parameters; lead to one without"));
            }
            Some(_) => {}
        }
    }
}

fn permissions(info: &PluginInfo, problems: &mut Vec<String>) {
    for permission in &info.permissions {
        let own = permission.name.strip_prefix(&info.id).and_then(|rest| rest.strip_prefix('/'));
        if !own.is_some_and(is_name) {
            problems.push(format!(
                "the permission `{}` is not named after its plugin; call it {}/NAME",
                permission.name, info.id
            ));
        }
    }
    let own: HashSet<&str> = info.permissions.iter().map(|permission| permission.name.as_str()).collect();
    if own.len() < info.permissions.len() {
        problems.push("two permissions have the same name; rename one".into());
    }
    let host = |name: &str| HOST_PERMISSIONS.iter().any(|known| known.name == name);
    for route in &info.routes {
        if let Access::Permission(name) = &route.access
            && !own.contains(name.as_str())
            && !host(name)
        {
            problems.push(format!(
                "the route `{}` asks for the permission `{name}`, which neither the server nor this plugin has; declare it or name another",
                route.name
            ));
        }
    }
    for wish in &info.wishes {
        if let Capability::Permission(name) = &wish.capability
            && !host(name)
        {
            problems
                .push(format!("it wishes for the permission `{name}`, which the server does not have; name another"));
        }
    }
}

/// What it says that it will do, and exports nothing for.
fn promises(info: &PluginInfo, exports: Exports, problems: &mut Vec<String>) {
    if !info.schedules.is_empty() && !exports.background {
        problems
            .push("it registers schedules, and does not export `background`, which does their work; export it".into());
    }
    if info.data_version == 0 {
        problems.push("its `data-version` is 0; data-versions are counted from 1".into());
    }
    if info.data_version > 1 && !exports.migration {
        problems.push(format!(
            "its `data-version` is {}, and it does not export `migration`, which brings older data to that; export it",
            info.data_version
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestry_contract::registration::Schedule;

    const NONE: Exports = Exports { background: false, migration: false };
    const ALL: Exports = Exports { background: true, migration: true };

    fn info(data_version: u32, schedules: Vec<Schedule>) -> PluginInfo {
        let words = |text: &str| Text::Phrase(text.into());
        PluginInfo {
            id: "org.example.a".into(),
            version: "1.0.0".into(),
            title: words("A"),
            summary: words(""),
            language: "en".into(),
            mount: "a".into(),
            routes: Vec::new(),
            menu: Vec::new(),
            permissions: Vec::new(),
            wishes: Vec::new(),
            contributions: Vec::new(),
            points: Vec::new(),
            needs: Vec::new(),
            schedules,
            messages: Vec::new(),
            data_version,
            settings: None,
            extra: Vec::new(),
        }
    }

    fn promised(info: &PluginInfo, exports: Exports) -> Vec<String> {
        let mut problems = Vec::new();
        promises(info, exports, &mut problems);
        problems
    }

    #[test]
    fn what_is_promised_is_exported() {
        let schedule = Schedule { job: "tidy".into(), cron: "0 * * * *".into(), input: "{}".into() };
        for (info, missing) in [
            (info(0, Vec::new()), "counted from 1"),
            (info(2, Vec::new()), "does not export `migration`"),
            (info(1, vec![schedule]), "does not export `background`"),
        ] {
            let problems = promised(&info, NONE);
            assert!(problems.len() == 1 && problems[0].contains(missing), "{missing}: {problems:?}");
            assert!(info.data_version == 0 || promised(&info, ALL).is_empty());
        }
        assert!(promised(&info(1, Vec::new()), NONE).is_empty());
    }
}
