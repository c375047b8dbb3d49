//! The fields of a DOCX template: what an interview must give to it before a document comes of it.
//!
//! [`read`] takes the bytes of a file and answers a [`Template`]: variables, loops, conditions and filters of Jinja in the
//! dialect of docxtpl, content controls and merge fields of Word, and what Jinja will not read, with the paragraph it stands
//! in. [`yaml()`] and [`csv()`] write it down; JSON comes of serde.
//!
//! The way of a file: `package` unpacks it, `parts` finds what belongs to the document, `xml` reads, `part` gathers the
//! text into a `flow` as docxtpl puts it together, `tags` finds tags in it and drops what docxtpl drops, `tokens`,
//! `parser`, `expression` and `statement` read each, `tree` puts them in each other, `names` says which names come from
//! outside, `gather` brings the parts together.
//!
//! The grammar is read by a small parser of its own. minijinja keeps its tree to itself but for a feature that is said to be
//! unstable, and stops at the first error; here a template's author sees all of them at once.
//!
//! A file is taken to be hostile: see [`bounds`]. Reading holds less than 48 MiB beside the file itself, most files some
//! hundred KiB.
//!
//! Deliberately not done: nothing is filled in, and pictures, styles and templates brought in by `include` are not looked at.

pub mod bounds;
mod codes;
mod controls;
mod csv;
mod expression;
mod filters;
mod flow;
mod gather;
mod names;
mod package;
mod parser;
mod part;
mod parts;
mod report;
mod statement;
mod tags;
mod template;
mod tokens;
mod tree;
mod wrong;
mod xml;
mod yaml;

pub use csv::csv;
pub use template::{
    Choice, Condition, Control, ControlKind, Filter, Kind, Loop, MergeField, Note, Origin, OtherField, Part, PartKind,
    Path, Place, SyntaxError, Template, Variable,
};
pub use wrong::Wrong;
pub use yaml::yaml;

use gather::{Gathering, Told};
use package::Package;
use part::Room;
use report::Report;

/// Reads a template. It takes as long as unpacking and reading 16 MiB of XML does at most.
///
/// # Errors
///
/// Where the file as a whole cannot be read. What is wrong with the tags in it is told in [`Template::errors`].
pub fn read(bytes: &[u8]) -> Result<Template, Wrong> {
    let mut package = Package::open(bytes)?;
    let mut gathering = Gathering::default();
    let (mut left, mut room) = (bounds::MOST_USES, Room::new());
    for (path, kind) in parts::find(&mut package)? {
        let mut content = part::read(&mut package, &path, &mut room)?;
        let mut report = Report::new(&path, &content.flow);
        let tags = tags::find(&mut report);
        let nodes = tree::build(&tags, &mut left, &mut report);
        gathering.tags(&nodes, &mut report);
        let (errors, notes) = report.finish();
        let told = Told { errors, notes };
        gathering.part(&path, kind, &mut content, &tags, told);
    }
    Ok(gathering.finish())
}
