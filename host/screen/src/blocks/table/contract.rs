//! A table of the contract: from a plugin's rows or columns to [`TableView`] and [`Rows`], and to data.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};
use vestry_contract::types::Timestamp;
use vestry_contract::ui::{Cell, ColumnValues, Columnar, RouteRef, Row, Table, TableData};

use super::{ColumnView, KEY, RowAction, Rows, TableView, render};
use crate::cell::{self, CellValue, Cells, time_data};
use crate::links;
use crate::place::Place;
use crate::{Draw, Html, ScreenError, blocks::actions, texts};

pub(crate) fn html(name: &str, table: &Table, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let view = view(name, table, draw);
    let mut rows = Rows::new(draw.screens, draw.frame, &draw.cells, &view, draw.prefix);
    match &table.data {
        TableData::Rows(given) => given.iter().try_for_each(|row| write_row(row, &view, &mut rows, draw.place))?,
        TableData::Columns(columnar) => write_columns(columnar, &view, &mut rows, draw.place)?,
    }
    let (count, markup) = rows.finish();
    render(draw.screens, draw.frame, draw.heading, &view, &draw.anchor(name), (count, &markup))
}

fn view(name: &str, table: &Table, draw: &Draw<'_>) -> TableView {
    let place = draw.place;
    let kept = kept_query(table, place);
    TableView {
        name: name.to_owned(),
        caption: draw.label.clone(),
        columns: columns(name, table, draw.several_tables, &kept, place),
        open: table.open.as_ref().and_then(|route| links::open_href(route, KEY, place)),
        each: each(table, place),
        bulk: actions::buttons(&table.bulk, place),
        bulk_all: table
            .bulk_all
            .then(|| kept.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()),
        total: table.total,
        previous: table.previous.as_ref().and_then(|route| links::route_href(route, place)),
        next: table.next.as_ref().and_then(|route| links::route_href(route, place)),
        empty: place.text(&table.empty).into_owned(),
    }
}

/// Buttons of every row, `{key}` in their addresses, with their places in the plugin's list: what a row hides is
/// counted there, also past buttons that this actor may not press.
fn each(table: &Table, place: &dyn Place) -> Vec<RowAction> {
    let action =
        |(index, action)| links::row_button(action, Some(KEY), place).map(|button| RowAction { index, button });
    table.each.iter().enumerate().filter_map(action).collect()
}

/// The page's query without what leads to another page of the table: what `previous` and `next` set differently.
fn kept_query<'p>(table: &Table, place: &'p dyn Place) -> Vec<(&'p str, &'p str)> {
    let turns = |name: &str, value: &str| {
        [&table.previous, &table.next].into_iter().flatten().any(|route: &RouteRef| {
            let same = route.query.iter().any(|(known, found)| known == name && found == value);
            !same
        })
    };
    place
        .query()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, value)| !turns(name, value))
        .collect()
}

fn columns(name: &str, table: &Table, several: bool, kept: &[(&str, &str)], place: &dyn Place) -> Vec<ColumnView> {
    let field = if several { Cow::Owned(format!("{name}.sort")) } else { Cow::Borrowed("sort") };
    let heads = table.columns.iter().map(|column| {
        let sorted = table.sorted.as_ref().filter(|sort| sort.column == column.key);
        let descending = sorted.is_some_and(|sort| sort.descending);
        // Asked again, the order turns round.
        let asked = if sorted.is_some() && !descending { format!("-{}", column.key) } else { column.key.clone() };
        let pairs = kept.iter().copied().filter(|(known, _)| *known != field).chain([(&*field, asked.as_str())]);
        ColumnView {
            key: column.key.clone(),
            label: place.text(&column.label).into_owned(),
            numeric: column.numeric,
            sort: column.sortable.then(|| format!("{}?{}", place.path(), links::query(pairs))),
            sorted: match (sorted.is_some(), descending) {
                (false, _) => "none",
                (true, false) => "ascending",
                (true, true) => "descending",
            },
        }
    });
    heads.collect()
}

fn write_row(row: &Row, view: &TableView, rows: &mut Rows<'_>, place: &dyn Place) -> Result<(), ScreenError> {
    if row.cells.len() != view.columns.len() {
        return Err(rows.wrong_length(&row.key, row.cells.len()));
    }
    let opens = view.open.is_some();
    rows.row_with(&row.key, &row.hidden, |cells, index, out| {
        cells.write_contract(&row.cells[index], opens && index == 0, place, out)
    })
}

/// A column whose texts are cut apart already.
enum Cut<'c> {
    Texts(Vec<&'c str>),
    Badges(Vec<&'c str>),
    Bools(&'c [bool]),
    Integers(&'c [i64]),
    Decimals(&'c [f64]),
    Times(&'c [Timestamp]),
    Cells(&'c [Cell]),
}

impl<'c> Cut<'c> {
    fn of(values: &'c ColumnValues, block: &str) -> Result<Self, ScreenError> {
        Ok(match values {
            ColumnValues::Texts(all) => Self::Texts(texts::slices(all, block)?),
            ColumnValues::Badges(all) => Self::Badges(texts::slices(all, block)?),
            ColumnValues::Bools(all) => Self::Bools(all),
            ColumnValues::Integers(all) => Self::Integers(all),
            ColumnValues::Decimals(all) => Self::Decimals(all),
            ColumnValues::Times(all) => Self::Times(all),
            ColumnValues::Cells(all) => Self::Cells(all),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Texts(all) | Self::Badges(all) => all.len(),
            Self::Bools(all) => all.len(),
            Self::Integers(all) => all.len(),
            Self::Decimals(all) => all.len(),
            Self::Times(all) => all.len(),
            Self::Cells(all) => all.len(),
        }
    }

    fn write(
        &self,
        row: usize,
        linked: bool,
        cells: &Cells<'_>,
        place: &dyn Place,
        out: &mut String,
    ) -> Result<(), ScreenError> {
        let value = match self {
            Self::Texts(all) => CellValue::Text(all[row]),
            Self::Badges(all) => CellValue::Badges(all[row]),
            Self::Bools(all) => CellValue::Flag(all[row]),
            Self::Integers(all) => CellValue::Integer(all[row]),
            Self::Decimals(all) => CellValue::Decimal(all[row]),
            Self::Times(all) => CellValue::Time(all[row]),
            Self::Cells(all) => return cells.write_contract(&all[row], linked, place, out),
        };
        cells.write(value, out)
    }

    fn data(&self, row: usize, place: &dyn Place) -> Json {
        match self {
            Self::Texts(all) => json!(all[row]),
            Self::Badges(all) => all[row].split_ascii_whitespace().collect(),
            Self::Bools(all) => json!(all[row]),
            Self::Integers(all) => json!(all[row]),
            Self::Decimals(all) => json!(all[row]),
            Self::Times(all) => time_data(all[row]),
            Self::Cells(all) => cell::data(&all[row], place),
        }
    }
}

/// Keys and columns, checked to be of one length.
fn cut<'c>(columnar: &'c Columnar, columns: usize, block: &str) -> Result<(Vec<&'c str>, Vec<Cut<'c>>), ScreenError> {
    let keys = texts::slices(&columnar.keys, block)?;
    let found = columnar.columns.len();
    if found != columns {
        return Err(ScreenError::invalid(
            block,
            format!("there are values for {found} columns, but {columns} columns"),
        ));
    }
    let cut = columnar.columns.iter().map(|values| Cut::of(values, block)).collect::<Result<Vec<_>, _>>()?;
    match cut.iter().position(|column| column.len() != keys.len()) {
        None => Ok((keys, cut)),
        Some(index) => {
            let (found, expected) = (cut[index].len(), keys.len());
            Err(ScreenError::invalid(
                block,
                format!("column {index} has {found} values, but there are {expected} rows"),
            ))
        }
    }
}

fn write_columns(
    columnar: &Columnar,
    view: &TableView,
    rows: &mut Rows<'_>,
    place: &dyn Place,
) -> Result<(), ScreenError> {
    let (keys, columns) = cut(columnar, view.columns.len(), &view.name)?;
    let opens = view.open.is_some();
    for (row, key) in keys.into_iter().enumerate() {
        rows.row_with(key, &[], |cells, index, out| columns[index].write(row, opens && index == 0, cells, place, out))?;
    }
    Ok(())
}

/// `{"columns": [{"key", "label", "numeric", "sortable"}], "rows": [{"key", "<column>": value}], "total", "next"}`, and
/// `previous`, `open`, `each`, `bulk` where there are any. A column cannot take the place of a row's `key`.
pub(crate) fn data(name: &str, table: &Table, place: &dyn Place) -> Result<Json, ScreenError> {
    let heads: Vec<_> = table
        .columns
        .iter()
        .map(|column| json!({ "key": column.key, "label": place.text(&column.label), "numeric": column.numeric, "sortable": column.sortable }))
        .collect();
    let mut twin = json!({
        "columns": heads,
        "rows": row_data(name, table, place)?,
        "total": table.total,
        "next": table.next.as_ref().and_then(|route| links::route_href(route, place)),
    });
    if let Some(previous) = table.previous.as_ref().and_then(|route| links::route_href(route, place)) {
        twin["previous"] = json!(previous);
    }
    if let Some(open) = table.open.as_ref().and_then(|route| links::open_href(route, KEY, place)) {
        twin["open"] = json!(open);
    }
    let each = each(table, place).into_iter().map(|action| action.button).collect();
    for (field, buttons) in [("each", each), ("bulk", actions::buttons(&table.bulk, place))] {
        if !buttons.is_empty() {
            twin[field] = json!(buttons);
        }
    }
    Ok(twin)
}

fn row_data(name: &str, table: &Table, place: &dyn Place) -> Result<Vec<Json>, ScreenError> {
    let one = |key: &str, values: &mut dyn Iterator<Item = Json>| {
        let mut row = Map::new();
        row.extend(table.columns.iter().map(|column| column.key.clone()).zip(values));
        row.insert("key".into(), json!(key));
        Json::Object(row)
    };
    match &table.data {
        TableData::Rows(rows) => rows
            .iter()
            .map(|row| {
                if row.cells.len() != table.columns.len() {
                    let (found, expected) = (row.cells.len(), table.columns.len());
                    let reason = format!("row `{}` has {found} cells, but there are {expected} columns", row.key);
                    return Err(ScreenError::invalid(name, reason));
                }
                Ok(one(&row.key, &mut row.cells.iter().map(|value| cell::data(value, place))))
            })
            .collect(),
        TableData::Columns(columnar) => {
            let (keys, columns) = cut(columnar, table.columns.len(), name)?;
            let rows = keys.into_iter().enumerate();
            Ok(rows.map(|(row, key)| one(key, &mut columns.iter().map(|column| column.data(row, place)))).collect())
        }
    }
}
