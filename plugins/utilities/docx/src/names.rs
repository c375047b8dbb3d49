//! Which names of a part must be given to it: those that neither a loop, `set`, a macro nor Jinja itself brings.
//!
//! The rules are those of Jinja (`jinja2.idtracking` and the frames of `jinja2.compiler`): a name that is set anywhere in a
//! block counts as set in all of it and in the blocks within; a name set in one branch of an `if` alone is looked up
//! outside; a `block` knows nothing of what is around it.

use std::collections::{HashMap, HashSet};

use crate::bounds::LONGEST_PATH;
use crate::expression::{Expression, Use};
use crate::statement::Verb;
use crate::tree::Node;

/// What Jinja brings everywhere.
const GLOBALS: &[&str] = &["range", "dict", "lipsum", "cycler", "joiner", "namespace"];
/// The letters that stand for the number of an item, by how deep loops lie in each other.
const LETTERS: &[&str] = &["i", "j", "k", "l", "m", "n"];

/// A name that is looked up outside of the part.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) name: String,
    /// With its attributes; of what a loop takes, as `children[i].name`.
    pub(crate) path: String,
    /// Where its tag stands in the text.
    pub(crate) at: usize,
    pub(crate) used: &'a Use,
    /// A loop goes through it.
    pub(crate) is_list: bool,
    /// What a loop takes from it is used, not it itself.
    pub(crate) is_item: bool,
}

/// What is found in a part.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    /// Every use, in no particular order.
    pub(crate) found: Vec<Found<'a>>,
    /// What Jinja refuses, with the place of the tag in the text.
    pub(crate) wrong: Vec<(usize, &'static str)>,
}

pub(crate) fn find(nodes: &[Node]) -> Names<'_> {
    let mut frames = Frames::default();
    frames.run(&mut |frames| {
        frames.bring(&["self"], nodes);
        frames.visit_all(nodes);
    });
    while let Some(block) = frames.blocks.pop() {
        frames.run(&mut |frames| {
            frames.bring(&["self", "super"], &block.body);
            frames.visit_all(&block.body);
        });
    }
    Names { found: frames.found, wrong: frames.wrong }
}

/// Of a macro.
const CALLER: &str = "an argument `caller` needs a default where `caller` is used";

/// Whether the name is looked up in these blocks before anything in them sets it.
fn is_looked_up(nodes: &[Node], name: &str) -> bool {
    first_mention(nodes, name) == Some(Mention::LookedUp)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mention {
    LookedUp,
    Set,
}

/// In the order in which Jinja goes through them: what is set by a tag comes before what the tag looks up.
fn first_mention(nodes: &[Node], name: &str) -> Option<Mention> {
    let looked_up =
        |expression: &Expression| expression.uses.iter().any(|used| used.name == name).then_some(Mention::LookedUp);
    let of_node = |node: &Node| {
        let statement = &node.statement;
        let set = || {
            let mut names = statement.sets.iter().chain(&statement.brings);
            // The name of a macro is no variable to Jinja here.
            let skipped = usize::from(statement.verb == Verb::Macro);
            names.by_ref().skip(skipped).any(|set| set == name).then_some(Mention::Set)
        };
        let inside = || {
            let blocks = [&node.body, &node.others, &node.otherwise];
            blocks.into_iter().find_map(|nodes| first_mention(nodes, name))
        };
        let uses = || looked_up(&statement.uses);
        let inner = || looked_up(&statement.inner);
        match statement.verb {
            Verb::Block => None,
            Verb::Call => uses().or_else(set).or_else(inner).or_else(inside),
            Verb::For => set().or_else(uses).or_else(inside).or_else(inner),
            Verb::Filter => inside().or_else(uses),
            _ => set().or_else(uses).or_else(inner).or_else(inside),
        }
    };
    nodes.iter().find_map(of_node)
}

/// What a name stands for in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    /// Looked up outside of the part.
    Outside,
    /// What it is in the frame around.
    Around,
    /// Set here; of a loop's item, the number of its origin.
    Here(Option<usize>),
}

/// A branch of a frame: what was found out in it.
#[derive(Debug, Default)]
struct Layer<'a> {
    loads: HashMap<&'a str, Load>,
    sets: HashSet<&'a str>,
}

/// Where names mean the same.
#[derive(Debug, Default)]
struct Frame<'a> {
    /// The frame itself, then the branches that are open in it.
    layers: Vec<Layer<'a>>,
    uses: Vec<(&'a Use, usize, bool)>,
    /// Blocks within, which are looked at once this frame is known.
    inner: Vec<(&'a Node, Inner)>,
}

/// Which block of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inner {
    Body,
    /// What a loop asks of each item.
    Test,
    Otherwise,
}

/// What a loop takes its items from.
#[derive(Debug, Clone)]
struct Origin {
    name: String,
    path: String,
    depth: usize,
}

#[derive(Debug, Default)]
struct Frames<'a> {
    /// The outermost first.
    stack: Vec<Frame<'a>>,
    origins: Vec<Origin>,
    blocks: Vec<&'a Node>,
    found: Vec<Found<'a>>,
    wrong: Vec<(usize, &'static str)>,
}

impl<'a> Frames<'a> {
    /// Looks at a frame, then at those within it.
    fn run(&mut self, look: &mut dyn FnMut(&mut Self)) {
        self.stack.push(Frame { layers: vec![Layer::default()], ..Frame::default() });
        look(self);
        let Some(frame) = self.stack.last_mut() else { return };
        let (uses, inner) = (std::mem::take(&mut frame.uses), std::mem::take(&mut frame.inner));
        for (used, at, is_list) in uses {
            self.settle(used, at, is_list);
        }
        for (node, which) in inner {
            let origin = self.origin(node, which);
            self.run(&mut |frames| frames.enter(node, which, origin));
        }
        self.stack.pop();
    }

    /// What stands in a block, with the names that it brings.
    fn enter(&mut self, node: &'a Node, which: Inner, origin: Option<usize>) {
        let statement = &node.statement;
        if which == Inner::Otherwise {
            return self.visit_all(&node.otherwise);
        }
        let specials: &[&str] = match (statement.verb, which) {
            (Verb::For, Inner::Body) => &["loop"],
            (Verb::Macro | Verb::Call, _) => &["caller", "varargs", "kwargs"],
            _ => &[],
        };
        self.bring(specials, &node.body);
        if statement.wants_caller && which == Inner::Body && is_looked_up(&node.body, "caller") {
            self.wrong.push((node.at, CALLER));
        }
        statement.brings.iter().for_each(|name| self.declare(name, origin));
        if statement.verb != Verb::For || which == Inner::Test {
            self.load_all(&statement.inner, node.at, false);
        }
        if which == Inner::Body {
            self.visit_all(&node.body);
        }
    }

    /// Names that Jinja brings where they are asked for.
    fn bring(&mut self, names: &[&'static str], body: &'a [Node]) {
        names.iter().filter(|name| is_looked_up(body, name)).for_each(|name| self.declare(name, None));
    }

    fn visit_all(&mut self, nodes: &'a [Node]) {
        nodes.iter().for_each(|node| self.visit(node));
    }

    fn visit(&mut self, node: &'a Node) {
        let statement = &node.statement;
        let later = |frames: &mut Self, which| {
            if let Some(frame) = frames.stack.last_mut() {
                frame.inner.push((node, which));
            }
        };
        match statement.verb {
            Verb::Block => self.blocks.push(node),
            Verb::If => self.branch(node),
            Verb::For => {
                self.load_all(&statement.uses, node.at, statement.is_plain);
                if !statement.inner.uses.is_empty() {
                    later(self, Inner::Test);
                }
                later(self, Inner::Body);
                later(self, Inner::Otherwise);
            }
            _ => {
                self.load_all(&statement.uses, node.at, false);
                statement.sets.iter().for_each(|name| self.set(name));
                if statement.opens() {
                    later(self, Inner::Body);
                }
            }
        }
    }

    /// Each branch sees what was before it, none what is in another.
    fn branch(&mut self, node: &'a Node) {
        self.load_all(&node.statement.uses, node.at, false);
        let mut branches = vec![self.layer(|frames| frames.visit_all(&node.body))];
        if !node.others.is_empty() {
            branches.push(self.layer(|frames| node.others.iter().for_each(|other| frames.branch(other))));
        }
        if !node.otherwise.is_empty() {
            branches.push(self.layer(|frames| frames.visit_all(&node.otherwise)));
        }
        self.merge(branches);
    }

    fn layer(&mut self, look: impl FnOnce(&mut Self)) -> Layer<'a> {
        if let Some(frame) = self.stack.last_mut() {
            frame.layers.push(Layer::default());
        }
        look(self);
        self.stack.last_mut().and_then(|frame| frame.layers.pop()).unwrap_or_default()
    }

    /// Brings branches together: what one of them sets may not be set.
    fn merge(&mut self, branches: Vec<Layer<'a>>) {
        let Some((frame, around)) = self.stack.split_last_mut() else { return };
        let set_before = |frame: &Frame<'a>, name: &str| frame.layers.iter().any(|layer| layer.sets.contains(name));
        let mut set: HashSet<&'a str> = HashSet::new();
        for branch in &branches {
            set.extend(branch.sets.iter().filter(|name| !set_before(frame, name)));
        }
        let Some(layer) = frame.layers.last_mut() else { return };
        for branch in branches {
            layer.loads.extend(branch.loads);
        }
        for name in set {
            layer.sets.insert(name);
            let load = if lookup(around, name).is_some() { Load::Around } else { Load::Outside };
            layer.loads.insert(name, load);
        }
    }

    fn load_all(&mut self, expression: &'a Expression, at: usize, is_list: bool) {
        for used in &expression.uses {
            if lookup(&self.stack, &used.name).is_none() {
                self.put(&used.name, Load::Outside);
            }
            if let Some(frame) = self.stack.last_mut() {
                frame.uses.push((used, at, is_list));
            }
        }
    }

    fn put(&mut self, name: &'a str, load: Load) {
        if let Some(layer) = self.stack.last_mut().and_then(|frame| frame.layers.last_mut()) {
            layer.loads.insert(name, load);
        }
    }

    fn declare(&mut self, name: &'a str, origin: Option<usize>) {
        self.put(name, Load::Here(origin));
        self.mark(name);
    }

    fn mark(&mut self, name: &'a str) {
        if let Some(layer) = self.stack.last_mut().and_then(|frame| frame.layers.last_mut()) {
            layer.sets.insert(name);
        }
    }

    fn set(&mut self, name: &'a str) {
        self.mark(name);
        let Some((frame, around)) = self.stack.split_last() else { return };
        if lookup(std::slice::from_ref(frame), name).is_none() {
            let load = if lookup(around, name).is_some() { Load::Around } else { Load::Here(None) };
            self.put(name, load);
        }
    }

    /// Where a name comes from, seen from the innermost frame: from outside, or a loop's item, or neither.
    fn source(&self, name: &str) -> Option<Option<&Origin>> {
        for frame in self.stack.iter().rev() {
            match lookup(std::slice::from_ref(frame), name) {
                Some(Load::Outside) => return Some(None),
                Some(Load::Here(Some(origin))) => return self.origins.get(origin).map(Some),
                Some(Load::Here(None)) => return None,
                Some(Load::Around) | None => {}
            }
        }
        None
    }

    /// The use as it is seen from outside: name and path.
    fn seen(&self, used: &Use) -> Option<(String, String, Option<usize>)> {
        match self.source(&used.name)? {
            None => Some((used.name.clone(), used.path.clone(), None)),
            Some(origin) => {
                let rest = used.path.get(used.name.len()..).unwrap_or_default();
                let letter = LETTERS.get(origin.depth).or(LETTERS.last()).copied().unwrap_or_default();
                let path = format!("{}[{letter}]{rest}", origin.path);
                Some((origin.name.clone(), path, Some(origin.depth)))
            }
        }
    }

    fn settle(&mut self, used: &'a Use, at: usize, is_list: bool) {
        let Some((name, path, item)) = self.seen(used) else { return };
        if !GLOBALS.contains(&name.as_str()) {
            let path = if path.len() <= LONGEST_PATH { path } else { name.clone() };
            self.found.push(Found { name, path, at, used, is_list, is_item: item.is_some() });
        }
    }

    /// What the items of a loop come from, where one name stands for them and they come from one list.
    fn origin(&mut self, node: &'a Node, which: Inner) -> Option<usize> {
        let statement = &node.statement;
        let is_single = statement.verb == Verb::For && statement.is_plain && statement.brings.len() == 1;
        let used = statement.uses.uses.first().filter(|_| is_single && which != Inner::Otherwise)?;
        let (name, path, around) = self.seen(used)?;
        if path.len() > LONGEST_PATH || GLOBALS.contains(&name.as_str()) {
            return None;
        }
        self.origins.push(Origin { name, path, depth: around.map_or(0, |depth| depth + 1) });
        Some(self.origins.len() - 1)
    }
}

/// What a name stands for in the innermost of the frames that know it.
fn lookup(frames: &[Frame<'_>], name: &str) -> Option<Load> {
    let layers = frames.iter().rev().flat_map(|frame| frame.layers.iter().rev());
    layers.into_iter().find_map(|layer| layer.loads.get(name).copied())
}
