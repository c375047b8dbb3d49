//! What a plugin says about itself, in the contract's terms.

use crate::mail_kind::MailKind;
use crate::plugin::Plugin;
use crate::registration::{Contribution, MenuEntry, Need, Permission, PluginInfo, Schedule, Wish};
use crate::types::Text;

/// The full name of what the plugin of this id makes up.
pub(crate) fn own(id: &str, name: &str) -> String {
    [id, "/", name].concat()
}

/// What stands behind the last dot.
pub(crate) fn last_part(id: &'static str) -> &'static str {
    let dot = id.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| id.get(dot + 1..)).unwrap_or(id)
}

fn strings(literals: &[&str]) -> Vec<String> {
    literals.iter().map(|literal| (*literal).to_owned()).collect()
}

/// A phrase, or no words for an empty one.
pub(crate) fn words(literal: &'static str) -> Text {
    if literal.is_empty() { Text::none() } else { literal.into() }
}

/// Each a phrase.
pub(crate) fn phrases(literals: &[&'static str]) -> Vec<Text> {
    literals.iter().map(|literal| (*literal).into()).collect()
}

/// What `feature.register` answers; [`plugin!`](crate::plugin!) calls it.
#[doc(hidden)]
pub fn describe(plugin: Plugin, crate_version: &str) -> PluginInfo {
    let id = plugin.id;
    let menu = plugin.menu.into_iter().map(|(section, label, route, icon, order)| MenuEntry {
        label: label.into(),
        route: route.to_owned(),
        icon: icon.to_owned(),
        section: section.to_owned(),
        order,
        extra: vec![],
    });
    let permissions = plugin.permissions.into_iter().map(|(name, title, suggested)| Permission {
        name: own(id, name),
        title: title.into(),
        suggested: strings(suggested),
    });
    let contributions = plugin.contributions.into_iter().map(|[point, title, summary, route]| Contribution {
        point: point.to_owned(),
        title: title.into(),
        summary: words(summary),
        route: route.to_owned(),
        extra: vec![],
    });
    let schedules = plugin.schedules.into_iter().map(|[job, cron, input]| Schedule {
        job: job.to_owned(),
        cron: cron.to_owned(),
        input: input.to_owned(),
    });
    PluginInfo {
        id: id.to_owned(),
        version: plugin.version.unwrap_or(crate_version).to_owned(),
        title: plugin.title.into(),
        summary: words(plugin.summary),
        language: plugin.language.to_owned(),
        mount: plugin.mount.to_owned(),
        routes: plugin.routes.iter().map(|route| route.describe(id)).collect(),
        menu: menu.collect(),
        permissions: permissions.collect(),
        wishes: plugin
            .wishes
            .into_iter()
            .map(|(capability, reason)| Wish { capability, reason: reason.into() })
            .collect(),
        contributions: contributions.collect(),
        points: strings(&plugin.points),
        needs: plugin
            .needs
            .into_iter()
            .map(|(what, at_least)| Need { what: what.to_owned(), at_least: at_least.to_owned() })
            .collect(),
        schedules: schedules.collect(),
        messages: plugin.messages.into_iter().map(MailKind::describe).collect(),
        data_version: plugin.data_version,
        settings: plugin.settings.map(str::to_owned),
        extra: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Result;
    use crate::registration::Access;
    use crate::route::{DEFAULT_MAX_BODY, get, post};
    use crate::ui::Page;

    fn page() -> Result<Page> {
        Ok(Page::new("Notes"))
    }

    fn plugin() -> Plugin {
        Plugin::new("org.example.notes", "Notes")
            .permission("write", "Write notes", &["advocate"])
            .route(get("home", "/").for_signed_in().to(|_| page()))
            .route(post("save", "/").needs_own("write").summary("Keep a note").to(|_| page()))
            .menu("Notes", "home", "notes")
            .job("tidy", |_| Ok(()))
            .every("0 4 * * *", "tidy")
            .message(MailKind::new("note", "A note", "A note of {who}").paragraph("{who} wrote to you.").button("Read"))
    }

    #[test]
    fn it_says_what_it_is() {
        let info = describe(plugin(), "1.2.3");
        assert_eq!((info.mount.as_str(), info.version.as_str()), ("notes", "1.2.3"));
        assert_eq!(info.routes[1].access, Access::Permission("org.example.notes/write".to_owned()));
        assert_eq!((info.routes[0].max_body, info.routes[1].max_body), (0, DEFAULT_MAX_BODY));
        assert_eq!(info.permissions[0].name, "org.example.notes/write");
        assert_eq!(info.menu[0].section, "tools");
    }

    #[test]
    fn it_says_what_happens_without_a_request() {
        let info = describe(plugin(), "1.2.3");
        let Schedule { job, cron, input } = &info.schedules[0];
        assert_eq!([job.as_str(), cron, input], ["tidy", "0 4 * * *", "{}"]);
        assert_eq!(info.messages[0].paragraphs, [Text::from("{who} wrote to you.")]);
        assert_eq!(info.messages[0].button, Some(Text::from("Read")));
    }
}
