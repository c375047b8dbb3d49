//! The tags of a part as blocks that lie in each other.

use crate::bounds::{DEEPEST_BLOCKS, MOST_USES};
use crate::report::Report;
use crate::statement::{self, Statement, Verb};
use crate::tags::Tag;

/// A tag with what lies between it and its end.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where the tag begins in the text.
    pub(crate) at: usize,
    pub(crate) statement: Statement,
    pub(crate) body: Vec<Node>,
    /// Each `elif` as a block of its own.
    pub(crate) others: Vec<Node>,
    pub(crate) otherwise: Vec<Node>,
}

/// Which of a node's blocks is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filling {
    Body,
    Other,
    Otherwise,
}

/// What is open, the outermost first.
#[derive(Debug, Default)]
struct Open {
    nodes: Vec<(Node, Filling)>,
    root: Vec<Node>,
}

impl Node {
    fn new(at: usize, statement: Statement) -> Self {
        Self { at, statement, body: Vec::new(), others: Vec::new(), otherwise: Vec::new() }
    }
}

/// Reads the tags and puts them in each other. Errors are told to the report. `left`: how much may still be kept of them,
/// see [`MOST_USES`].
pub(crate) fn build(tags: &[Tag], left: &mut usize, report: &mut Report<'_>) -> Vec<Node> {
    let mut open = Open::default();
    for tag in tags {
        if report.is_full() {
            break;
        }
        let (statement, words) = statement::read(report.flow, tag);
        if let Some(words) = words {
            report.error(tag.from, words);
        }
        let Some(statement) = statement else { continue };
        let kept = statement.len();
        if kept > *left {
            report
                .error(tag.from, format!("more than {MOST_USES} names and conditions are used: the rest is not read"));
            break;
        }
        *left -= kept;
        if let Some(note) = statement.note {
            report.note(tag.from, note.to_owned());
        }
        for test in statement.uses.unknown_tests.iter().chain(&statement.inner.unknown_tests) {
            report.note(tag.from, format!("`is {test}` asks something that Jinja does not know"));
        }
        if let Err(words) = open.take(tag.from, statement, report) {
            report.error(tag.from, words);
        }
    }
    while let Some((node, _)) = open.nodes.pop() {
        unclosed(&node, report);
        open.add(node);
    }
    open.root
}

fn unclosed(node: &Node, report: &mut Report<'_>) {
    let word = node.statement.word;
    report.error(node.at, format!("`{word}` is not closed with `{{% end{word} %}}`"));
}

impl Open {
    fn take(&mut self, at: usize, statement: Statement, report: &mut Report<'_>) -> Result<(), String> {
        match statement.verb {
            Verb::Elif | Verb::Else => self.turn(Node::new(at, statement)),
            Verb::End => self.close(&statement, report),
            _ if !statement.opens() => {
                self.add(Node::new(at, statement));
                Ok(())
            }
            _ if self.nodes.len() == DEEPEST_BLOCKS => {
                Err(format!("blocks lie more than {DEEPEST_BLOCKS} deep in each other"))
            }
            _ => {
                self.nodes.push((Node::new(at, statement), Filling::Body));
                Ok(())
            }
        }
    }

    /// To the block that is filled.
    fn add(&mut self, node: Node) {
        let to = match self.nodes.last_mut() {
            None => &mut self.root,
            Some((open, Filling::Body)) => &mut open.body,
            Some((open, Filling::Otherwise)) => &mut open.otherwise,
            Some((open, Filling::Other)) => match open.others.last_mut() {
                Some(other) => &mut other.body,
                None => &mut open.body,
            },
        };
        to.push(node);
    }

    /// On to the next block of what is open.
    fn turn(&mut self, node: Node) -> Result<(), String> {
        let word = node.statement.word;
        let is_else = node.statement.verb == Verb::Else;
        match self.nodes.last_mut() {
            Some((open, _)) if open.statement.verb != Verb::If && !(is_else && open.statement.verb == Verb::For) => {
                Err(format!("`{word}` stands in `{}`, which knows none", open.statement.word))
            }
            Some((_, Filling::Otherwise)) => Err(format!("`{word}` stands behind an `else`")),
            Some((_, filling)) if is_else => {
                *filling = Filling::Otherwise;
                Ok(())
            }
            Some((open, filling)) => {
                open.others.push(node);
                *filling = Filling::Other;
                Ok(())
            }
            None => Err(format!("`{word}` belongs to no `if`{}", if is_else { " or `for`" } else { "" })),
        }
    }

    /// Closes the innermost block of that kind, and says what in it was left open.
    fn close(&mut self, statement: &Statement, report: &mut Report<'_>) -> Result<(), String> {
        let word = statement.word;
        let Some(index) = self.nodes.iter().rposition(|(open, _)| open.statement.word == word) else {
            return Err(format!("`end{word}` closes nothing: no `{word}` is open"));
        };
        while self.nodes.len() > index
            && let Some((node, _)) = self.nodes.pop()
        {
            if self.nodes.len() > index {
                unclosed(&node, report);
            }
            self.add(node);
        }
        Ok(())
    }
}
