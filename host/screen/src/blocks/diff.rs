//! Two versions of a text, compared line by line.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value as Json, json};
use similar::{ChangeTag, TextDiff};
use vestry_contract::ui::Diff;

use crate::{Draw, Html, ScreenError};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// After this the comparison gets coarser instead of slower.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Serialize)]
struct View<'v> {
    language: &'v str,
    added: usize,
    removed: usize,
    hunks: Vec<Vec<Line>>,
}

#[derive(Serialize)]
struct Line {
    /// `same`, `added` or `removed`.
    change: &'static str,
    before: Option<usize>,
    after: Option<usize>,
    text: String,
}

pub(crate) fn html(name: &str, diff: &Diff, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/diff.html", name, view(diff))
}

fn view(diff: &Diff) -> View<'_> {
    let compared = TextDiff::configure().timeout(PATIENCE).diff_lines(diff.before.as_str(), diff.after.as_str());
    let hunks: Vec<Vec<Line>> = compared
        .grouped_ops(CONTEXT)
        .iter()
        .map(|group| group.iter().flat_map(|operation| compared.iter_changes(operation)).map(line).collect())
        .collect();
    let count = |change| hunks.iter().flatten().filter(|line| line.change == change).count();
    View { language: &diff.language, added: count("added"), removed: count("removed"), hunks }
}

fn line(change: similar::Change<&str>) -> Line {
    Line {
        change: match change.tag() {
            ChangeTag::Equal => "same",
            ChangeTag::Insert => "added",
            ChangeTag::Delete => "removed",
        },
        before: change.old_index().map(|index| index + 1),
        after: change.new_index().map(|index| index + 1),
        text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
    }
}

/// `{"language", "before", "after"}`.
pub(crate) fn data(diff: &Diff) -> Json {
    json!({ "language": diff.language, "before": diff.before, "after": diff.after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_unchanged_lines_are_left_out() {
        let before: String = (1..=40).map(|line| format!("{line}\n")).collect();
        let after = before.replace("20\n", "twenty\n").replace("40\n", "40\n41\n");
        let diff = Diff { language: String::new(), before, after };
        let view = view(&diff);
        assert_eq!((view.added, view.removed, view.hunks.len()), (2, 1, 2));
        let first: Vec<_> = view.hunks[0].iter().map(|line| (line.change, line.text.as_str())).collect();
        assert_eq!(first[0], ("same", "17"));
        assert_eq!(first[3..5], [("removed", "20"), ("added", "twenty")]);
    }
}
