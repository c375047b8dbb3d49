//! The fields of the forms: what can be asked for, as it is asked for now.

use std::collections::{BTreeMap, BTreeSet};

use vestry_logs_core::{Filter, Moment, Series};
use vestry_sdk::prelude::*;

use crate::directories::OTHERS;
use crate::view::View;

/// What lines can be about: the name in the address, the label, and what stands in the empty field. Only those are shown
/// that are asked for, or chosen in the field `about`.
const ABOUT: [(&str, &str, &str); 3] = [
    ("request", "Request", "As an error page names it"),
    ("person", "Person", "The number of the account"),
    ("plugin", "Plugin", "org.example.plugin"),
];
/// All of them at once, in the field `about`.
const EACH: &str = "each";

/// The form of the lines.
pub fn filter(view: &View, all: &[Series]) -> Form {
    let filter = &view.filter;
    let pairs = filter.to_pairs();
    let kept = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let said = |moment: &Option<Moment>| moment.as_ref().map(|it| it.text().to_owned()).unwrap_or_default();
    let kinds = [("plain", "Words"), ("exact", "Exact text"), ("regex", "Regular expression")];
    let levels =
        [("", "Every level"), ("info", "Info and above"), ("warn", "Warnings and errors"), ("error", "Errors")];
    let order = [("first", "Newest first"), ("last", "Newest last")];
    let mut form = Form::new(Action::new("Find", "lines").primary())
        .inline()
        .field(Field::text("text", "Text").value(kept("text").unwrap_or_default()).placeholder("What lines say"))
        .field(Field::select("as", "Search for", kinds).value(kept("as").unwrap_or_else(|| "plain".into())))
        .field(Field::text("not", "Without").value(kept("not").unwrap_or_default()).placeholder("Text to leave out"))
        .field(Field::select("level", "Level", levels).value(filter.level.map_or("", |level| level.name())))
        .field(Field::text("from", "From (UTC)").value(said(&filter.from)).placeholder("24h, 2026-11-22"))
        .field(Field::text("to", "To (UTC)").value(said(&filter.to)).placeholder("2026-11-22T08:15"))
        .field(Field::select("order", "Order", order).value(if view.newest_last { "last" } else { "first" }));
    for field in about(&kept) {
        form = form.field(field);
    }
    for field in sources(filter, all) {
        form = form.field(field);
    }
    if view.follow { form.field(Field::hidden("follow", "1")) } else { form }
}

fn about(kept: &dyn Fn(&str) -> Option<String>) -> Vec<Field> {
    let mut asked = ABOUT.iter().filter(|(name, ..)| kept(name).is_some()).map(|(name, ..)| *name);
    let now = match (asked.next(), asked.next()) {
        (None, _) => "",
        (Some(name), None) => name,
        _ => EACH,
    };
    let choices = [("", "Anything")].into_iter().chain(ABOUT.map(|(name, label, _)| (name, label)));
    let mut fields = vec![Field::select("about", "About", choices.chain([(EACH, "All of these")])).value(now)];
    fields.extend(ABOUT.iter().map(|(name, label, words)| {
        let value = kept(name).unwrap_or_default();
        Field::text(*name, *label).value(value).placeholder(*words).when("about", [*name, EACH])
    }));
    fields
}

/// Which logs, and of which nodes where there are several.
pub fn sources(filter: &Filter, all: &[Series]) -> Vec<Field> {
    let label = |series: &Series| match series.directory.as_str() {
        OTHERS => format!("{OTHERS}: {}", series.name),
        _ => series.name.clone(),
    };
    let files: BTreeMap<String, String> =
        all.iter().map(|series| (format!("{}:{}", series.directory, series.name), label(series))).collect();
    let nodes: BTreeSet<&str> = all.iter().map(|series| series.node.as_str()).filter(|node| !node.is_empty()).collect();
    let files = files.into_iter().map(|(value, name)| Choice::new(value, name));
    let mut fields = vec![Field::checkboxes("file", "Logs", files).values(&filter.files)];
    if nodes.len() > 1 {
        let nodes = nodes.into_iter().map(|node| Choice::new(node, node.to_owned()));
        fields.push(Field::checkboxes("node", "Nodes", nodes).values(&filter.nodes));
    }
    fields
}
