//! What the parts hold, brought together into one answer.

use std::collections::BTreeMap;

use crate::bounds::MOST_ERRORS;
use crate::codes::Code;
use crate::expression::Expression;
use crate::filters::origin;
use crate::flow::shown;
use crate::names::{self, Found, Names};
use crate::part::Content;
use crate::report::Report;
use crate::statement::Verb;
use crate::tags::Tag;
use crate::template::{
    Condition, Filter, Kind, Loop, MergeField, Note, OtherField, Part, PartKind, Path, Place, Template, Variable,
};
use crate::tree::Node;

/// Parts that docxtpl leaves as they are.
const LEFT_ALONE: &[PartKind] = &[PartKind::Endnotes, PartKind::Comments];

/// What Python can do with text: it makes no object of a variable.
const METHODS_OF_TEXT: &[&str] = &[
    "capitalize",
    "casefold",
    "endswith",
    "format",
    "join",
    "lower",
    "lstrip",
    "replace",
    "rstrip",
    "split",
    "startswith",
    "strip",
    "title",
    "upper",
    "zfill",
];

/// How a path was used.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    order: usize,
    uses: u32,
    is_list: bool,
    is_called: bool,
    is_shown: bool,
}

#[derive(Debug, Default)]
struct Gathered {
    order: usize,
    paths: BTreeMap<String, Seen>,
    uses: Vec<Place>,
}

/// Grows by one part after the other.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    variables: BTreeMap<String, Gathered>,
    filters: BTreeMap<String, Vec<Place>>,
    merge_fields: BTreeMap<String, Vec<Place>>,
    other_fields: BTreeMap<String, u32>,
    template: Template,
    order: usize,
}

impl Gathering {
    /// What the tags of a part say.
    pub(crate) fn tags(&mut self, nodes: &[Node], report: &mut Report<'_>) {
        let Names { mut found, wrong } = names::find(nodes);
        wrong.into_iter().for_each(|(at, words)| report.error(at, words.to_owned()));
        found.sort_by_key(|found| found.at);
        for found in found {
            self.variable(found, report);
        }
        self.blocks(nodes, report);
    }

    fn variable(&mut self, found: Found<'_>, report: &Report<'_>) {
        self.order += 1;
        let variable = self.variables.entry(found.name).or_default();
        if variable.uses.is_empty() {
            variable.order = self.order;
        }
        let seen = variable.paths.entry(found.path).or_insert(Seen { order: self.order, ..Seen::default() });
        seen.uses += 1;
        seen.is_list |= found.is_list;
        seen.is_called |= found.used.is_called;
        seen.is_shown |= !found.used.is_asked && !found.is_list && !found.used.is_called;
        let place = report.place(found.at);
        // What a loop takes is a use of the items; the list was counted where the loop begins.
        if !found.is_item && variable.uses.last() != Some(&place) || variable.uses.is_empty() {
            variable.uses.push(place);
        }
    }

    fn blocks(&mut self, nodes: &[Node], report: &Report<'_>) {
        for node in nodes {
            let statement = &node.statement;
            self.filters(&statement.uses, node.at, report);
            self.filters(&statement.inner, node.at, report);
            let text = || shown(report.flow.text.get(statement.written.clone()).unwrap_or_default());
            match statement.verb {
                Verb::For => self.template.loops.push(Loop {
                    targets: statement.brings.clone(),
                    over: text(),
                    place: report.place(node.at),
                }),
                Verb::If | Verb::Elif => {
                    self.template.conditions.push(Condition { text: text(), place: report.place(node.at) });
                }
                _ => {}
            }
            [&node.body, &node.others, &node.otherwise].into_iter().for_each(|nodes| self.blocks(nodes, report));
        }
    }

    fn filters(&mut self, expression: &Expression, at: usize, report: &Report<'_>) {
        for name in &expression.filters {
            self.filters.entry(name.clone()).or_default().push(report.place(at));
        }
    }

    /// What Word itself says, and what was told of the tags.
    pub(crate) fn part(&mut self, path: &str, kind: PartKind, content: &mut Content, tags: &[Tag], report: Told) {
        let paragraphs = content.flow.paragraphs();
        for (code, paragraph) in content.codes.drain(..) {
            match code {
                Code::Merge(name) => {
                    self.merge_fields.entry(name).or_default().push(Place { part: path.to_owned(), paragraph });
                }
                Code::Other(code) => *self.other_fields.entry(code).or_default() += 1,
            }
        }
        self.template.controls.append(&mut content.controls);
        let room = MOST_ERRORS.saturating_sub(self.template.errors.len());
        self.template.errors.extend(report.errors.into_iter().take(room));
        let room = MOST_ERRORS.saturating_sub(self.template.notes.len());
        self.template.notes.extend(report.notes.into_iter().take(room));
        if content.has_deleted {
            self.note(
                path,
                "there are tracked changes: what is deleted still counts as text, so accept or reject them first",
            );
        }
        if content.is_cut {
            self.note(path, "there are more content controls, choices or fields of Word than are told here");
        }
        if LEFT_ALONE.contains(&kind) && !tags.is_empty() {
            self.note(
                path,
                "docxtpl fills in document, headers, footers and footnotes alone: these tags stay as they are",
            );
        }
        let tags = u32::try_from(tags.len()).unwrap_or(u32::MAX);
        self.template.parts.push(Part { path: path.to_owned(), kind, paragraphs, tags });
    }

    fn note(&mut self, path: &str, words: &str) {
        let place = Some(Place { part: path.to_owned(), paragraph: 0 });
        self.template.notes.push(Note { place, words: words.to_owned() });
    }

    pub(crate) fn finish(self) -> Template {
        let mut template = self.template;
        let mut variables: Vec<(String, Gathered)> = self.variables.into_iter().collect();
        variables.sort_by_key(|(_, gathered)| gathered.order);
        template.variables = variables.into_iter().map(|(name, gathered)| variable(name, gathered)).collect();
        let filters = self.filters.into_iter();
        template.filters = filters.map(|(name, uses)| Filter { origin: origin(&name), name, uses }).collect();
        let fields = self.merge_fields.into_iter();
        template.merge_fields = fields.map(|(name, uses)| MergeField { name, uses }).collect();
        let fields = self.other_fields.into_iter();
        template.other_fields = fields.map(|(code, uses)| OtherField { code, uses }).collect();
        template
    }
}

/// Errors and notes of a part.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) errors: Vec<crate::template::SyntaxError>,
    pub(crate) notes: Vec<Note>,
}

fn variable(name: String, gathered: Gathered) -> Variable {
    let mut seen: Vec<(String, Seen)> = gathered.paths.into_iter().collect();
    seen.sort_by_key(|(_, seen)| seen.order);
    let kind = kind_of_root(&name, &seen);
    let path = |(text, seen): (String, Seen)| Path { text, kind: kind_of(seen), uses: seen.uses };
    Variable { name, kind, paths: seen.into_iter().map(path).collect(), uses: gathered.uses }
}

fn kind_of(seen: Seen) -> Kind {
    match seen {
        Seen { is_list: true, .. } => Kind::List,
        Seen { is_called: true, .. } => Kind::Function,
        Seen { is_shown: true, .. } => Kind::Text,
        _ => Kind::Condition,
    }
}

/// What belongs to it makes it an object, unless a loop goes through it or a number picks of it.
fn kind_of_root(name: &str, seen: &[(String, Seen)]) -> Kind {
    let itself = seen.iter().find(|(path, _)| path == name).map(|(_, seen)| kind_of(*seen));
    let rest = |path: &str| path.strip_prefix(name).unwrap_or_default().to_owned();
    let of_text = |rest: &str, seen: &Seen| seen.is_called && METHODS_OF_TEXT.contains(&rest.trim_start_matches('.'));
    let begins =
        |begin: char| seen.iter().any(|(path, seen)| rest(path).starts_with(begin) && !of_text(&rest(path), seen));
    let is_picked = seen.iter().any(|(path, _)| {
        let rest = rest(path);
        let number = rest.strip_prefix('[').and_then(|rest| rest.split(']').next());
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    match itself {
        Some(Kind::List) => Kind::List,
        _ if is_picked => Kind::List,
        _ if begins('.') || begins('[') => Kind::Object,
        Some(kind) => kind,
        None => Kind::Text,
    }
}
