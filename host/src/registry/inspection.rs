//! What a plugin registers, held against the rules: each problem with a sentence that says what to change.

use std::collections::HashSet;

use vestry_contract::registration::{Access, Capability, PluginInfo, Verb};
use vestry_identity::HOST_PERMISSIONS;

use crate::registry::messages;
use crate::registry::mount::Mount;
use crate::registry::names::{is_name, is_plugin_id};
use crate::registry::routes::RouteTable;
use crate::registry::{schedules, wishes};

#[cfg(test)]
mod tests;
mod words;

/// The most that a route may take as a body, in bytes.
pub const LARGEST_BODY: u64 = 64 << 30;
/// The most of anything that one plugin may register.
const MOST: usize = 500;
/// All that it registers, in bytes of JSON: 256 KiB. It is kept, and read whenever packages are listed.
const LARGEST: usize = 256 << 10;
/// Privileges that one permission may be suggested for.
const MOST_SUGGESTED: usize = 50;
/// Characters of a version, and of a route's path.
const LONGEST_VERSION: usize = 64;
const LONGEST_PATH: usize = 500;
/// Sentences about one registration, and characters of one of them, which can hold whatever was registered.
const MOST_PROBLEMS: usize = 30;
const LONGEST_PROBLEM: usize = 800;

/// Which of the interfaces a component exports that a registration can promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exports {
    pub background: bool,
    pub migration: bool,
}

/// All problems of a registration, as far as anybody reads; none means that it can be served. One that is too large is not
/// looked at any further.
#[must_use]
pub fn problems(info: &PluginInfo, exports: Exports) -> Vec<String> {
    let mut problems = Vec::new();
    sizes(info, &mut problems);
    if problems.is_empty() {
        rules(info, exports, &mut problems);
    }
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    problems.truncate(MOST_PROBLEMS);
    for problem in &mut problems {
        if let Some((end, _)) = problem.char_indices().nth(LONGEST_PROBLEM) {
            problem.truncate(end);
            problem.push('…');
        }
    }
    if more > 0 {
        problems.push(format!("there are {more} more problems like these"));
    }
    problems
}

fn rules(info: &PluginInfo, exports: Exports, problems: &mut Vec<String>) {
    identity(info, problems);
    words::problems(info, problems);
    routes(info, problems);
    menu_and_contributions(info, problems);
    points_and_needs(info, problems);
    permissions(info, problems);
    promises(info, exports, problems);
    schedules::problems(info, problems);
    wishes::problems(info, problems);
    messages::problems(info, problems);
}

/// How much it is.
fn sizes(info: &PluginInfo, problems: &mut Vec<String>) {
    match serde_json::to_vec(info) {
        Ok(json) if json.len() <= LARGEST => {}
        Ok(json) => problems.push(format!(
            "all that it registers has {} KiB; the most is {} KiB; register less, or keep it as data",
            json.len() >> 10,
            LARGEST >> 10
        )),
        Err(error) => problems.push(format!("what it registers cannot be written down: {error}")),
    }
    let counts = [
        ("routes", info.routes.len()),
        ("menu entries", info.menu.len()),
        ("permissions", info.permissions.len()),
        ("wishes", info.wishes.len()),
        ("contributions", info.contributions.len()),
        ("points", info.points.len()),
        ("needs", info.needs.len()),
    ];
    for (what, count) in counts.into_iter().filter(|(_, count)| *count > MOST) {
        problems.push(format!("it registers {count} {what}; the most is {MOST}"));
    }
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
    if info.version.chars().count() > LONGEST_VERSION {
        problems.push(format!("the version has more than {LONGEST_VERSION} characters; shorten it"));
    }
    if let Err(error) = info.mount.parse::<Mount>() {
        problems.push(error.to_string());
    }
    if info.settings.as_ref().is_some_and(|settings| serde_json::from_str::<serde_json::Value>(settings).is_err()) {
        problems.push("`settings` is not a JSON document".into());
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
        if route.path.chars().count() > LONGEST_PATH {
            problems.push(format!(
                "the path of the route `{}` has more than {LONGEST_PATH} characters; shorten it",
                route.name
            ));
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

/// What others are offered, and what is needed of them.
fn points_and_needs(info: &PluginInfo, problems: &mut Vec<String>) {
    let mut names = HashSet::new();
    for point in &info.points {
        let name = point.strip_prefix(&info.id).and_then(|rest| rest.strip_prefix(['.', '/']));
        if !name.is_some_and(is_name) {
            problems.push(format!("the point `{point}` is not named after its plugin; call it {}/NAME", info.id));
        }
        if !names.insert(point) {
            problems.push(format!("two points have the name `{point}`; rename one"));
        }
    }
    for need in info.needs.iter().filter(|need| !need.at_least.is_empty()) {
        if let Err(error) = semver::Version::parse(&need.at_least) {
            problems.push(format!(
                "it needs {} at least in `{}`, which is not a semantic version ({error}); write it like 1.4.0",
                need.what, need.at_least
            ));
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
        if permission.suggested.len() > MOST_SUGGESTED {
            problems.push(format!(
                "the permission `{}` is suggested for {} privileges; the most is {MOST_SUGGESTED}",
                permission.name,
                permission.suggested.len()
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
