//! The form of a file: a tree whose branches are names, and whose leaves are fields and the places of fields.

use std::collections::{HashMap, HashSet};

use crate::bounds;
use crate::document::{Document, Entry, Node};
use crate::field::{self, Inherited};
use crate::name;
use crate::notes::Notes;
use crate::pages::Pages;
use crate::template::{Field, Kind, Note, Xfa};
use crate::widgets;

/// What was found.
pub(crate) struct Form {
    pub fields: Vec<Field>,
    pub xfa: Xfa,
}

impl Form {
    /// What the form lists, and then what pages have besides.
    pub fn read<'a>(document: &Document<'a>, pages: &Pages<'_>, notes: &mut Notes) -> Form {
        let mut walk = Walk {
            document,
            pages,
            notes,
            seen: HashSet::new(),
            fields: Vec::new(),
            by_name: HashMap::new(),
            places: 0,
        };
        let root = document.root();
        let form = root.as_ref().and_then(|root| document.get(root, b"AcroForm"));
        if let Some(listed) = form.as_ref().and_then(|form| document.get(form, b"Fields")) {
            for entry in document.entries(&listed) {
                if let Some(node) = walk.first_time(entry) {
                    // Some programs list what is below another field, too.
                    let (name, inherited) = walk.above(&node);
                    walk.visit(&node, &name, &inherited, 0);
                }
            }
        }
        walk.unlisted();
        if walk.fields.is_empty() && document.repaired {
            walk.gather();
        }
        walk.nowhere();
        let has = form.as_ref().is_some_and(|form| form.has(b"XFA"));
        let drawn = root.and_then(|root| document.get(&root, b"NeedsRendering")).is_some_and(|told| told.is_true());
        let xfa = match (has, walk.fields.is_empty() || drawn) {
            (false, _) => Xfa::None,
            (true, false) => Xfa::Hybrid,
            (true, true) => Xfa::Only,
        };
        Form { fields: walk.fields, xfa }
    }
}

struct Walk<'r, 'd, 'a> {
    document: &'d Document<'a>,
    pages: &'r Pages<'d>,
    notes: &'r mut Notes,
    /// Objects that were fields or places of fields already.
    seen: HashSet<u32>,
    fields: Vec<Field>,
    by_name: HashMap<String, usize>,
    /// How many places all fields have.
    places: usize,
}

/// Those below a field: more fields, or its own places.
#[derive(Default)]
struct Kids<'d> {
    fields: bool,
    places: Vec<(Node<'d>, Option<usize>)>,
}

impl<'d> Walk<'_, 'd, '_> {
    /// The node of an entry, unless it was visited.
    fn first_time(&mut self, entry: Entry<'d>) -> Option<Node<'d>> {
        match entry {
            Entry::Here(node) => node.is_dict().then_some(node),
            Entry::Object(number) if self.seen.insert(number) => self.document.object(number).filter(Node::is_dict),
            Entry::Object(_) => {
                self.notes.add(Note::Circle);
                None
            }
        }
    }

    fn visit(&mut self, node: &Node<'d>, above: &str, inherited: &Inherited<'d>, depth: usize) {
        if depth >= bounds::DEPTH {
            return self.notes.add(Note::Circle);
        }
        let inherited = inherited.and_of(self.document, node);
        let name = name::below(above, &self.own_name(node));
        let mut kids = Kids::default();
        match self.document.get(node, b"Kids").filter(Node::is_array) {
            Some(below) => {
                for entry in self.document.entries(&below) {
                    let Some(kid) = self.first_time(entry) else { continue };
                    if kid.has(b"T") || kid.has(b"Kids") {
                        kids.fields = true;
                        self.visit(&kid, &name, &inherited, depth + 1);
                    } else if self.places + kids.places.len() < bounds::PLACES {
                        kids.places.push((kid, None));
                    }
                }
            }
            None => kids.places.push((node.clone(), None)),
        }
        if !kids.fields || !kids.places.is_empty() {
            self.add(name, &inherited, &kids.places);
        }
    }

    fn own_name(&self, node: &Node<'d>) -> String {
        let name = self.document.get(node, b"T").and_then(|name| self.document.text(&name));
        name.unwrap_or_default()
    }

    /// A field, or more places of one that has the name already.
    fn add(&mut self, name: String, inherited: &Inherited<'d>, places: &[(Node<'d>, Option<usize>)]) {
        if name.is_empty() {
            return self.notes.add(Note::Nameless);
        }
        let Some(kind) = inherited.kind() else { return self.notes.add(Note::Kindless(name)) };
        let index = match self.by_name.get(&name) {
            Some(index) => {
                self.notes.add(Note::Twice(name));
                *index
            }
            None if self.fields.len() >= bounds::FIELDS => return self.notes.add(Note::Fields),
            None => {
                if !self.document.spent.text(&name) {
                    return;
                }
                let index = self.fields.len();
                self.by_name.insert(name.clone(), index);
                self.fields.push(inherited.field(self.document, name, kind));
                index
            }
        };
        self.place(index, kind, inherited, places);
    }

    fn place(&mut self, index: usize, kind: Kind, inherited: &Inherited<'d>, places: &[(Node<'d>, Option<usize>)]) {
        let Some(field) = self.fields.get_mut(index) else { return };
        if self.places + places.len() > bounds::PLACES {
            return self.notes.add(Note::Annotations);
        }
        let before = field.widgets.len();
        for (node, page) in places {
            field.widgets.extend(widgets::widget(self.document, self.pages, node, *page, kind));
            if field.tooltip.is_none() {
                field.tooltip = self.document.get(node, b"TU").and_then(|text| self.document.text(&text));
            }
        }
        self.places += places.len();
        if matches!(kind, Kind::CheckBox | Kind::Radio) {
            field::options_of_places(self.document, field, before, &inherited.labels(self.document));
        }
    }

    /// Places on pages that the form does not lead to.
    fn unlisted(&mut self) {
        for number in &self.pages.annotations {
            if !self.seen.contains(number)
                && let Some(node) = self.document.object(*number)
            {
                self.stray(&node, None);
            }
        }
        for (page, node) in &self.pages.inline {
            self.stray(node, Some(*page));
        }
    }

    /// In a damaged file that has lost its form, and its pages what is on them: every object that says it is a place.
    fn gather(&mut self) {
        let mut numbers: Vec<u32> = self.document.table.places.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            if !self.seen.contains(&number)
                && let Some(node) = self.document.object(number)
            {
                self.stray(&node, None);
            }
        }
    }

    /// A place that was found on a page: its field is put together from those above it.
    fn stray(&mut self, node: &Node<'d>, page: Option<usize>) {
        let kind = self.document.get(node, b"Subtype");
        if kind.is_none_or(|kind| kind.name() != Some(b"Widget")) {
            return;
        }
        let (name, inherited) = self.above(node);
        let name = name::below(&name, &self.own_name(node));
        let inherited = inherited.and_of(self.document, node);
        self.seen.extend(node.id);
        if inherited.kind().is_some() && !name.is_empty() {
            self.notes.add(Note::Unlisted(name.clone()));
        }
        self.stray_place(name, &inherited, node, page);
    }

    /// The name and the rest of what a node has from those above it, by its own word.
    fn above(&mut self, node: &Node<'d>) -> (String, Inherited<'d>) {
        let mut chain: Vec<Node<'d>> = Vec::new();
        let mut next = self.document.get(node, b"Parent");
        while let Some(parent) = next {
            let is_again =
                parent.id.is_some() && (parent.id == node.id || chain.iter().any(|node| node.id == parent.id));
            if chain.len() >= bounds::DEPTH || is_again {
                self.notes.add(Note::Circle);
                break;
            }
            next = self.document.get(&parent, b"Parent");
            chain.push(parent);
        }
        let mut name = String::new();
        let mut inherited = Inherited::default();
        for node in chain.iter().rev() {
            name = name::below(&name, &self.own_name(node));
            inherited = inherited.and_of(self.document, node);
        }
        (name, inherited)
    }

    fn stray_place(&mut self, name: String, inherited: &Inherited<'d>, node: &Node<'d>, page: Option<usize>) {
        let places = [(node.clone(), page)];
        match self.by_name.get(&name).copied() {
            Some(index) => {
                let kind = self.fields[index].kind;
                self.place(index, kind, inherited, &places);
            }
            None => self.add(name, inherited, &places),
        }
    }

    fn nowhere(&mut self) {
        for field in &self.fields {
            if field.widgets.is_empty() {
                self.notes.add(Note::Nowhere(field.name.clone()));
            }
        }
    }
}
