//! A table: the block that most pages are made of, and the one whose cost is felt.
//!
//! The head and the bars around it are a template like any other. Rows go another way: [`Rows`] renders the row's
//! template once, with slots, and fills it for each row. A caller without contract types (a page of the host's own)
//! uses [`TableView`] and [`Rows`] directly.

mod contract;

use std::borrow::Cow;

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::blocks::actions::ButtonView;
use crate::cell::{CellValue, Cells};
use crate::frame::Frame;
use crate::html::escape;
use crate::links::{self, Button};
use crate::page::{OWN, anchor, frame_value};
use crate::shape::{Shape, slot, text_with_slot};
use crate::{Html, ScreenError, Screens};

pub(crate) use contract::{data, html};

/// Stands for a row's key in addresses.
pub(crate) const KEY: &str = "{key}";

/// What a row's slots mean; cells follow.
const KEY_SLOT: usize = 0;
const KEY_IN_PATH: usize = 1;
const NUMBER: usize = 2;
const FIRST_CELL: usize = 3;

/// A column's head.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ColumnView {
    /// Its name for links and API clients.
    pub key: String,
    /// Its heading, translated.
    pub label: String,
    /// Right aligned.
    pub numeric: bool,
    /// Where sorting by it leads; none where it cannot be sorted.
    pub sort: Option<String>,
    /// `ascending`, `descending` or `none`.
    pub sorted: &'static str,
}

/// A button that every row has. `{key}` in its address is the row's key; without it, the key is sent as `key`.
#[derive(Debug, Clone)]
pub struct RowAction {
    /// What a row's `hidden` calls it by.
    pub index: usize,
    /// The button itself.
    pub button: Button,
}

/// Everything of a table but its rows.
#[derive(Debug, Clone, Default)]
pub struct TableView {
    /// Name of the block.
    pub name: String,
    /// What the table is called for those who cannot see where it stands.
    pub caption: String,
    /// Heads, in order.
    pub columns: Vec<ColumnView>,
    /// Address that the first cell opens, with `{key}` in it.
    pub open: Option<String>,
    /// Buttons of every row.
    pub each: Vec<RowAction>,
    /// Buttons for ticked rows.
    pub bulk: Vec<Button>,
    /// What "all that the filter finds" sends: the page's query. None where that is not offered.
    pub bulk_all: Option<Vec<(String, String)>>,
    /// How many rows there are on all pages.
    pub total: Option<u64>,
    /// Address of the page before.
    pub previous: Option<String>,
    /// Address of the page after.
    pub next: Option<String>,
    /// Shown where there are no rows.
    pub empty: String,
}

impl Screens {
    /// A table from rows that are not of the contract: `fill` is called once and gives each row to [`Rows::row`].
    ///
    /// # Errors
    /// What `fill` answers, and those of an override.
    pub fn table(
        &self,
        frame: &Frame,
        view: &TableView,
        fill: impl FnOnce(&mut Rows<'_>) -> Result<(), ScreenError>,
    ) -> Result<Html, ScreenError> {
        let frame = frame_value(frame);
        let cells = Cells::new(self, &frame);
        let mut rows = Rows::new(self, &frame, &cells, view, OWN);
        fill(&mut rows)?;
        let (count, markup) = rows.finish();
        render(self, &frame, 2, view, &anchor(OWN, &view.name), (count, &markup))
    }
}

/// The rows of a table, one after another.
#[derive(Debug)]
pub struct Rows<'r> {
    screens: &'r Screens,
    frame: &'r Value,
    cells: &'r Cells<'r>,
    view: &'r TableView,
    /// Of the table's element.
    id: String,
    /// A shape for each set of hidden buttons; nearly always one.
    shapes: Vec<(Vec<u8>, Shape)>,
    count: usize,
    out: String,
}

impl<'r> Rows<'r> {
    /// `prefix`: what the table's id begins with.
    pub(crate) fn new(
        screens: &'r Screens,
        frame: &'r Value,
        cells: &'r Cells<'r>,
        view: &'r TableView,
        prefix: &str,
    ) -> Self {
        let id = anchor(prefix, &view.name);
        Self { screens, frame, cells, view, id, shapes: Vec::new(), count: 0, out: String::with_capacity(16 * 1024) }
    }

    /// Appends a row; `hidden` are indices into [`TableView::each`].
    ///
    /// # Errors
    /// A number of cells that is not the number of columns.
    pub fn row(&mut self, key: &str, hidden: &[u8], row: &[CellValue<'_>]) -> Result<(), ScreenError> {
        if row.len() != self.view.columns.len() {
            return Err(self.wrong_length(key, row.len()));
        }
        let linked = self.view.open.is_some();
        self.row_with(key, hidden, |cells, index, out| match row[index] {
            CellValue::Link(label, _, _) if linked && index == 0 => cells.write(CellValue::Text(label), out),
            value => cells.write(value, out),
        })
    }

    pub(crate) fn wrong_length(&self, key: &str, found: usize) -> ScreenError {
        let expected = self.view.columns.len();
        ScreenError::invalid(
            &self.view.name,
            format!("row `{key}` has {found} cells, but there are {expected} columns"),
        )
    }

    /// Appends a row whose cells are written by `write`.
    pub(crate) fn row_with(
        &mut self,
        key: &str,
        hidden: &[u8],
        mut write: impl FnMut(&Cells<'_>, usize, &mut String) -> Result<(), ScreenError>,
    ) -> Result<(), ScreenError> {
        let shape = match self.shapes.iter().position(|(known, _)| known == hidden) {
            Some(known) => known,
            None => {
                self.shapes.push((hidden.to_vec(), self.shape(hidden)?));
                self.shapes.len() - 1
            }
        };
        let (cells, number) = (self.cells, self.count);
        let (_, shape) = &self.shapes[shape];
        shape.try_fill(&mut self.out, |slot, out| {
            match slot {
                KEY_SLOT => escape(key, out),
                KEY_IN_PATH => out.push_str(&links::segment(key)),
                NUMBER => out.push_str(&number.to_string()),
                FIRST_CELL => {
                    let start = out.len();
                    write(cells, 0, out)?;
                    name_row(key, number, start, out);
                }
                cell => write(cells, cell - FIRST_CELL, out)?,
            }
            Ok::<(), ScreenError>(())
        })?;
        self.count += 1;
        Ok(())
    }

    /// The template of a row, rendered with slots.
    fn shape(&self, hidden: &[u8]) -> Result<Shape, ScreenError> {
        let view = self.view;
        let cells = view.columns.iter().enumerate().map(|(index, column)| {
            context! {
                label => &column.label,
                numeric => column.numeric,
                value => slot(FIRST_CELL + index),
            }
        });
        let shown = view.each.iter().filter(|action| !hidden.iter().any(|hidden| usize::from(*hidden) == action.index));
        let each = shown.map(|action| action.value());
        let context = context! {
            frame => self.frame,
            id => &self.id,
            key => slot(KEY_SLOT),
            number => slot(NUMBER),
            tick => !view.bulk.is_empty(),
            open => view.open.as_ref().map(|open| text_with_slot(open, KEY, KEY_IN_PATH)),
            cells => cells.collect::<Vec<_>>(),
            has_each => !view.each.is_empty(),
            each => each.collect::<Vec<_>>(),
        };
        Ok(Shape::new(&self.screens.render("blocks/table-row.html", context)?))
    }

    /// How many rows there are, and their markup.
    pub(crate) fn finish(self) -> (usize, String) {
        (self.count, self.out)
    }
}

/// The first cell names its row, for the link and the check box in it too: where it came out empty, the key does.
fn name_row(key: &str, number: usize, start: usize, out: &mut String) {
    let written = out.get(start..).unwrap_or_default();
    if !written.trim().is_empty() {
        return;
    }
    match key.trim() {
        "" => out.push_str(&format!("#{}", number + 1)),
        key => escape(key, out),
    }
}

impl RowAction {
    fn key_in_path(&self) -> bool {
        self.button.href.contains(KEY)
    }

    /// As the row's template sees it.
    fn value(&self) -> Value {
        let button = &self.button;
        let is_link = button.method == "get";
        // Only an address of its own is sent with a button; else that of its form holds.
        let own = !is_link && self.key_in_path();
        context! {
            index => self.index,
            label => &button.label,
            level => button.level,
            confirm => button.confirm.as_deref(),
            link => is_link.then(|| text_with_slot(&self.link(), KEY, KEY_IN_PATH)),
            address => own.then(|| text_with_slot(&button.href, KEY, KEY_IN_PATH)),
        }
    }

    fn link(&self) -> String {
        let link = self.button.link();
        match (self.key_in_path(), link.contains('?')) {
            (true, _) => link,
            (false, true) => format!("{link}&key={KEY}"),
            (false, false) => format!("{link}?key={KEY}"),
        }
    }
}

#[derive(Serialize)]
struct HeadView<'v> {
    caption: &'v str,
    columns: &'v [ColumnView],
    has_each: bool,
    count: usize,
    /// Nothing in the head or the rows takes the focus: the box that scrolls must, or keys could not scroll it.
    still: bool,
    bulk: Vec<ButtonView>,
    /// Value of `_with` that asks for all that the filter finds.
    all: Option<String>,
    /// Forms that the rows' buttons belong to.
    forms: Vec<FormView<'v>>,
    total: Option<u64>,
    previous: Option<&'v str>,
    next: Option<&'v str>,
    empty: &'v str,
}

#[derive(Serialize)]
struct FormView<'v> {
    index: usize,
    href: Cow<'v, str>,
    method: &'v str,
    fields: &'v [(String, String)],
}

/// Everything around the rows, which are drawn already.
pub(crate) fn render(
    screens: &Screens,
    frame: &Value,
    heading: u8,
    view: &TableView,
    id: &str,
    (count, rows): (usize, &str),
) -> Result<Html, ScreenError> {
    let forms = view.each.iter().filter(|action| action.button.method != "get").map(FormView::of);
    let head = HeadView {
        caption: &view.caption,
        columns: &view.columns,
        has_each: !view.each.is_empty(),
        count,
        still: view.each.is_empty()
            && view.bulk.is_empty()
            && view.open.is_none()
            && view.columns.iter().all(|column| column.sort.is_none()),
        bulk: view.bulk.iter().map(ButtonView::new).collect(),
        all: view.bulk_all.as_ref().filter(|_| !view.bulk.is_empty()).map(|query| {
            let pairs = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            links::query(pairs.chain([("all", "1")]))
        }),
        forms: forms.collect(),
        total: view.total,
        previous: view.previous.as_deref(),
        next: view.next.as_deref(),
        empty: &view.empty,
    };
    let context = context! {
        frame,
        name => &view.name,
        id,
        heading,
        block => Value::from(Serde(head)),
        rows => slot(0),
    };
    let around = Shape::new(&screens.render("blocks/table.html", context)?);
    let mut out = String::with_capacity(around.len() + rows.len());
    around.fill(&mut out, |_, out| out.push_str(rows));
    Ok(Html::trusted(out))
}

impl<'v> FormView<'v> {
    fn of(action: &'v RowAction) -> Self {
        let Button { href, method, fields, .. } = &action.button;
        // A form needs some address even where each of its buttons has one of its own.
        let href = if action.key_in_path() { Cow::Owned(href.replace(KEY, "-")) } else { Cow::Borrowed(href.as_str()) };
        Self { index: action.index, href, method, fields }
    }
}
