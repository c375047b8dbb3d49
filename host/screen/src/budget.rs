//! How much may be on one page.
//!
//! A plugin's answer is bounded in bytes, but a byte of an answer can be a hundred of markup: a column of flags, a grid of
//! check boxes whose rows and columns multiply. Drawing is the host's own work, on the thread that other requests wait
//! for, so what a page holds is counted before any of it is drawn.

use vestry_contract::types::Text;
use vestry_contract::ui::{Block, Cell, ColumnValues, Content, Form, FormItem, Input, Page, Table, TableData};

use crate::ScreenError;

/// Cells, fields, choices, buttons, points and lines of one page. A table of 50 rows has some 400.
const MOST: usize = 50_000;
/// What comparing two texts counts as: it may take a tenth of a second.
const DIFF: usize = 5_000;
/// What a block counts as that is not in the answer but has to be looked up: a row of the database, or more.
const LOOKED_UP: usize = 20;
/// Bytes of what stands in every row that count as one cell.
const REPEATED: usize = 500;
/// Bytes of Markdown that count as one.
const PROSE: usize = 200;

/// Counts what a page holds.
///
/// # Errors
/// Where it is more than fits one page; names the block that is too much.
pub(crate) fn check(page: &Page) -> Result<(), ScreenError> {
    let left = check_blocks(page.sections.iter().flat_map(|section| &section.blocks))?;
    match page.actions.len().saturating_add(page.sections.len()) <= left {
        true => Ok(()),
        false => Err(ScreenError::invalid("page", format!("it has more than {MOST} sections and buttons"))),
    }
}

/// Counts what some blocks hold, and answers what is left to a page that has them.
///
/// # Errors
/// Those of [`check`].
pub(crate) fn check_blocks<'b>(blocks: impl Iterator<Item = &'b Block>) -> Result<usize, ScreenError> {
    let mut left = MOST;
    for block in blocks {
        let weight = weight(block).saturating_add(1);
        left = left.checked_sub(weight).ok_or_else(|| {
            let reason =
                format!("the page holds more than {MOST} cells, fields and the like; show it on several pages");
            ScreenError::invalid(&block.name, reason)
        })?;
    }
    Ok(left)
}

fn weight(block: &Block) -> usize {
    match &block.content {
        Content::Prose(text) => length(text) / PROSE,
        Content::Facts(facts) => facts.iter().map(|fact| cell(&fact.value)).sum(),
        Content::Actions(actions) => actions.len(),
        Content::Table(table) => self::table(table),
        Content::Form(form) => self::form(form),
        Content::Log(log) => log.lines.len(),
        Content::Chart(chart) => {
            let points: usize = chart.series.iter().map(|series| series.values.len()).sum();
            points.saturating_add(chart.series.len().saturating_mul(chart.labels.len()))
        }
        Content::Feed(feed) => feed.messages.len().saturating_add(feed.reply.as_ref().map_or(0, form)),
        Content::Diff(_) => DIFF,
        Content::Picture(picture) => picture.marks.len(),
        Content::Job(_) | Content::Panel(_) => LOOKED_UP,
        Content::Notice(_) | Content::Source(_) | Content::Progress(_) | Content::Frame(_) | Content::Other(_) => 0,
    }
}

/// Bytes of a text before its values are filled in, and of the values.
fn length(text: &Text) -> usize {
    match text {
        Text::Phrase(words) | Text::Data(words) => words.len(),
        Text::Filled(filled) => {
            filled.values.iter().map(|(_, value)| value.len()).fold(filled.phrase.len(), usize::saturating_add)
        }
    }
}

fn cell(cell: &Cell) -> usize {
    match cell {
        Cell::Badges(badges) => badges.len().max(1),
        _ => 1,
    }
}

fn table(table: &Table) -> usize {
    let cells = match &table.data {
        TableData::Rows(rows) => rows.iter().flat_map(|row| &row.cells).map(cell).sum::<usize>().max(rows.len()),
        TableData::Columns(columns) => {
            let values: usize = columns.columns.iter().map(column).sum();
            values.max(columns.keys.ends.len())
        }
    };
    let rows = match &table.data {
        TableData::Rows(rows) => rows.len(),
        TableData::Columns(columns) => columns.keys.ends.len(),
    };
    // Headings and buttons stand in every row, so what they say is written as often.
    let headings: usize =
        table.columns.iter().map(|column| column.key.len().saturating_add(length(&column.label))).sum();
    let words = table.each.iter().map(|action| {
        let sent: usize =
            action.values.iter().chain(&action.params).map(|(name, value)| name.len() + value.len()).sum();
        let asked = action.confirm.as_ref().map_or(0, length);
        1 + length(&action.label).saturating_add(asked).saturating_add(sent) / REPEATED
    });
    let buttons = rows.saturating_mul(words.sum::<usize>().saturating_add(headings / REPEATED));
    cells.saturating_add(buttons).saturating_add(table.bulk.len()).saturating_add(table.columns.len())
}

fn column(values: &ColumnValues) -> usize {
    match values {
        ColumnValues::Texts(texts) => texts.ends.len(),
        // Each badge is a word: two bytes at the least.
        ColumnValues::Badges(texts) => texts.ends.len().max(texts.all.matches(' ').count()),
        ColumnValues::Bools(values) => values.len(),
        ColumnValues::Integers(values) => values.len(),
        ColumnValues::Decimals(values) => values.len(),
        ColumnValues::Times(values) => values.len(),
        ColumnValues::Cells(cells) => cells.iter().map(cell).sum(),
    }
}

fn form(form: &Form) -> usize {
    let items: usize =
        form.items.iter().map(|item| if let FormItem::Field(field) = item { input(&field.input) } else { 1 }).sum();
    items.saturating_add(form.others.len())
}

fn input(input: &Input) -> usize {
    match input {
        Input::Radio(choices) | Input::Select(choices) | Input::Checkboxes(choices) | Input::Combobox(choices) => {
            choices.len().max(1)
        }
        Input::Matrix(matrix) => matrix.rows.len().saturating_mul(matrix.columns.len()).max(1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use vestry_contract::types::Text;
    use vestry_contract::ui::{Choice, Columnar, Field, Matrix, Section, SectionLayout, Texts};

    use super::*;

    fn nothing() -> Text {
        Text::Data(String::new())
    }

    fn page(content: Content) -> Page {
        page_of(vec![Block { name: "much".into(), content }])
    }

    fn page_of(blocks: Vec<Block>) -> Page {
        let section = Section {
            name: "main".into(),
            title: nothing(),
            summary: nothing(),
            layout: SectionLayout::Stack,
            blocks,
            extra: Vec::new(),
        };
        Page {
            title: nothing(),
            lead: nothing(),
            focus: false,
            actions: Vec::new(),
            sections: vec![section],
            follow: None,
            extra: Vec::new(),
        }
    }

    fn flags(count: usize) -> Content {
        let ends = vec![0; count];
        Content::Table(Table {
            columns: Vec::new(),
            data: TableData::Columns(Columnar {
                keys: Texts { all: String::new(), ends },
                columns: vec![ColumnValues::Bools(vec![true; count])],
            }),
            open: None,
            each: Vec::new(),
            bulk: Vec::new(),
            bulk_all: false,
            sorted: None,
            total: None,
            previous: None,
            next: None,
            empty: nothing(),
            extra: Vec::new(),
        })
    }

    #[test]
    fn a_small_answer_that_would_be_a_huge_page_is_refused() {
        assert!(check(&page(flags(1_000))).is_ok());
        let error = check(&page(flags(1_000_000))).unwrap_err().to_string();
        assert!(error.contains("much") && error.contains("several pages"), "{error}");
    }

    #[test]
    fn what_has_to_be_looked_up_counts_for_more_than_it_holds() {
        let blocks = |count: usize, content: Content| {
            let block = |number: usize| Block { name: number.to_string(), content: content.clone() };
            page_of((0..count).map(block).collect())
        };
        for content in [Content::Job("id".into()), Content::Panel("handover:x".into())] {
            assert!(check(&blocks(100, content.clone())).is_ok());
            assert!(check(&blocks(10_000, content)).is_err());
        }
        assert!(check(&blocks(10_000, Content::Progress(1))).is_ok());
    }

    #[test]
    fn rows_and_columns_of_a_grid_multiply() {
        let choices = vec![Choice { value: "x".into(), label: nothing() }; 2_000];
        let field = Field {
            name: "grid".into(),
            label: nothing(),
            help: nothing(),
            input: Input::Matrix(Matrix { rows: choices.clone(), columns: choices, locked: Vec::new() }),
            values: Vec::new(),
            required: false,
            error: None,
            when: None,
            extra: Vec::new(),
        };
        let submit = vestry_contract::ui::Action {
            label: nothing(),
            route: "x".into(),
            params: Vec::new(),
            values: Vec::new(),
            level: vestry_contract::ui::Level::Neutral,
            confirm: None,
        };
        let form =
            Form { items: vec![FormItem::Field(field)], submit, others: Vec::new(), inline: false, extra: Vec::new() };
        assert!(check(&page(Content::Form(form))).is_err());
    }
}
