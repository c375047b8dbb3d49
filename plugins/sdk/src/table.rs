//! Tables. An author adds columns; the SDK sends them a column at a time, which costs a fraction of rows, and turns
//! to rows only where some row has fewer buttons than the others.
//!
//! ```
//! # use vestry_sdk::prelude::*;
//! # struct Person { id: String, name: String, age: u32 }
//! # fn table(people: &[Person]) -> Table {
//! Table::keyed(people.iter().map(|p| &p.id))
//!     .column("name", "Name", people.iter().map(|p| p.name.as_str()))
//!     .column("age", "Age", people.iter().map(|p| p.age))
//!     .sortable()
//!     .open("person")
//!     .empty("Nobody is here yet.")
//! # }
//! ```

use crate::cell::{Badges, Time};
use crate::types::{Text, Timestamp};
use crate::ui::{
    Action, Badge, Cell, Column, ColumnValues, Columnar, Link, RouteRef, Row, Sort, Table, TableData, Texts,
};

/// What a column is made of: [`Texts`], [`ColumnValues`], or anything to go through whose items are [`ColumnItem`]s.
pub trait IntoColumn {
    /// The column.
    fn into_column(self) -> ColumnValues;
}

/// What can stand in a column: strings, numbers, flags, [`Time`], [`Badges`], or a [`Cell`] of any kind.
pub trait ColumnItem: Sized {
    /// A column of such items.
    fn collect(items: impl Iterator<Item = Self>) -> ColumnValues;
}

impl IntoColumn for ColumnValues {
    fn into_column(self) -> ColumnValues {
        self
    }
}

impl IntoColumn for Texts {
    fn into_column(self) -> ColumnValues {
        ColumnValues::Texts(self)
    }
}

impl<I: IntoIterator<Item: ColumnItem>> IntoColumn for I {
    fn into_column(self) -> ColumnValues {
        ColumnItem::collect(self.into_iter())
    }
}

macro_rules! column_item {
    ($($item:ty => |$items:ident| $column:expr;)*) => {
        $(impl ColumnItem for $item { fn collect($items: impl Iterator<Item = Self>) -> ColumnValues { $column } })*
    };
}

column_item! {
    &str => |items| ColumnValues::Texts(items.collect());
    &String => |items| ColumnValues::Texts(items.collect());
    String => |items| ColumnValues::Texts(items.collect());
    bool => |items| ColumnValues::Bools(items.collect());
    i64 => |items| ColumnValues::Integers(items.collect());
    i32 => |items| ColumnValues::Integers(items.map(i64::from).collect());
    u32 => |items| ColumnValues::Integers(items.map(i64::from).collect());
    f64 => |items| ColumnValues::Decimals(items.collect());
    Time => |items| ColumnValues::Times(items.map(|time| time.0).collect());
    Badges => |items| ColumnValues::Badges(items.map(|words| words.0).collect());
    Badge => |items| ColumnValues::Cells(items.map(Cell::from).collect());
    Link => |items| ColumnValues::Cells(items.map(Cell::from).collect());
    Cell => |items| ColumnValues::Cells(items.collect());
}

impl ColumnValues {
    /// Moments as they came from the host, moved and not copied. 0 is none.
    pub fn times(times: Vec<Timestamp>) -> Self {
        ColumnValues::Times(times)
    }

    /// Words divided by spaces as they came from the host, moved and not copied.
    pub fn badges(words: Texts) -> Self {
        ColumnValues::Badges(words)
    }

    fn is_numeric(&self) -> bool {
        matches!(self, ColumnValues::Integers(_) | ColumnValues::Decimals(_))
    }

    fn into_cells(self) -> Vec<Cell> {
        let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::from(text) };
        match self {
            ColumnValues::Texts(texts) => texts.iter().map(text).collect(),
            ColumnValues::Badges(texts) => texts.iter().map(|words| Badges(words.to_owned()).into()).collect(),
            ColumnValues::Bools(flags) => flags.into_iter().map(Cell::Flag).collect(),
            ColumnValues::Integers(numbers) => numbers.into_iter().map(Cell::Integer).collect(),
            ColumnValues::Decimals(numbers) => numbers.into_iter().map(Cell::Decimal).collect(),
            ColumnValues::Times(times) => times.into_iter().map(|time| Time(time).into()).collect(),
            ColumnValues::Cells(cells) => cells,
        }
    }
}

impl Table {
    /// A table whose rows have these keys, each unique; columns follow, with as many values as there are keys.
    pub fn keyed<S: AsRef<str>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self::of(keys.into_iter().collect())
    }

    /// The same, of keys that are together already, such as those of a host function.
    pub fn of(keys: Texts) -> Self {
        Table {
            columns: vec![],
            data: TableData::Columns(Columnar { keys, columns: vec![] }),
            open: None,
            each: vec![],
            bulk: vec![],
            bulk_all: false,
            sorted: None,
            total: None,
            previous: None,
            next: None,
            empty: Text::from("Nothing is here."),
            extra: vec![],
        }
    }

    /// Adds a column. `key` names it in the JSON twin and in `sort=`.
    #[must_use]
    pub fn column(mut self, key: impl Into<String>, label: impl Into<Text>, values: impl IntoColumn) -> Self {
        let values = values.into_column();
        self.columns.push(Column {
            key: key.into(),
            label: label.into(),
            numeric: values.is_numeric(),
            sortable: false,
            extra: vec![],
        });
        match &mut self.data {
            TableData::Columns(data) => data.columns.push(values),
            TableData::Rows(rows) => {
                rows.iter_mut().zip(values.into_cells()).for_each(|(row, cell)| row.cells.push(cell))
            }
        }
        self
    }

    /// The heading of the column added last asks for the table in its order: `sort=KEY`, or `sort=-KEY` downwards.
    #[must_use]
    pub fn sortable(mut self) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.sortable = true;
        }
        self
    }

    /// What it is sorted by now: the value of `sort`, such as `name` or `-created`.
    #[must_use]
    pub fn sorted(mut self, sort: &str) -> Self {
        let (column, descending) = sort.strip_prefix('-').map_or((sort, false), |column| (column, true));
        self.sorted = Some(Sort { column: column.to_owned(), descending });
        self
    }

    /// The route that a row's first cell opens, with the row's key as parameter `key`.
    #[must_use]
    pub fn open(mut self, route: impl Into<String>) -> Self {
        self.open = Some(route.into());
        self
    }

    /// A button on every row; it gets the row's key as `key`.
    #[must_use]
    pub fn each(mut self, action: Action) -> Self {
        self.each.push(action);
        self
    }

    /// A button on those rows where `shown` says so, in the order of the keys.
    #[must_use]
    pub fn each_where(mut self, action: Action, shown: impl IntoIterator<Item = bool>) -> Self {
        let index = self.each.len() as u8;
        self.each.push(action);
        let mut rows = self.data.into_rows();
        for (row, _) in rows.iter_mut().zip(shown).filter(|(_, shown)| !shown) {
            row.hidden.push(index);
        }
        self.data = TableData::Rows(rows);
        self
    }

    /// A button for the ticked rows; it gets each key as `key`.
    #[must_use]
    pub fn bulk(mut self, action: Action) -> Self {
        self.bulk.push(action);
        self
    }

    /// Bulk buttons are offered for everything that the page's query finds too; they then get that query and `all=1`.
    #[must_use]
    pub fn bulk_all(mut self) -> Self {
        self.bulk_all = true;
        self
    }

    /// How many rows there are over all pages, where that is known.
    #[must_use]
    pub fn total(mut self, total: Option<u64>) -> Self {
        self.total = total;
        self
    }

    /// Where the pages before and after this one are.
    #[must_use]
    pub fn pages(mut self, previous: Option<RouteRef>, next: Option<RouteRef>) -> Self {
        (self.previous, self.next) = (previous, next);
        self
    }

    /// What stands in place of the rows where there are none; say what to do next.
    #[must_use]
    pub fn empty(mut self, text: impl Into<Text>) -> Self {
        self.empty = text.into();
        self
    }
}

impl TableData {
    fn into_rows(self) -> Vec<Row> {
        let Columnar { keys, columns } = match self {
            TableData::Rows(rows) => return rows,
            TableData::Columns(columns) => columns,
        };
        let mut rows: Vec<Row> =
            keys.iter().map(|key| Row { key: key.to_owned(), cells: vec![], hidden: vec![] }).collect();
        for column in columns {
            rows.iter_mut().zip(column.into_cells()).for_each(|(row, cell)| row.cells.push(cell));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::keyed(["1", "2"]).column("name", "Name", ["Ada", ""]).column("age", "Age", [36, 85]).sortable()
    }

    #[test]
    fn columns_stay_columns() {
        let table = table();
        let TableData::Columns(data) = table.data else { panic!("columns") };
        assert_eq!(data.keys.all, "12");
        assert_eq!(data.columns[1], ColumnValues::Integers(vec![36, 85]));
        assert!(table.columns[1].numeric && table.columns[1].sortable && !table.columns[0].sortable);
    }

    #[test]
    fn a_button_that_some_rows_lack_makes_rows() {
        let table =
            table().each_where(Action::new("Retire", "retire"), [false, true]).column("on", "On", [true, false]);
        let TableData::Rows(rows) = table.data else { panic!("rows") };
        assert_eq!(rows[0].hidden, [0]);
        assert!(rows[1].hidden.is_empty());
        assert_eq!(rows[1].cells, [Cell::Empty, Cell::Integer(85), Cell::Flag(false)]);
    }

    #[test]
    fn sorting_is_read_from_the_query() {
        assert_eq!(table().sorted("-age").sorted, Some(Sort { column: "age".to_owned(), descending: true }));
    }
}
