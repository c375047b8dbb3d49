//! The pages as empty sheets, with each field as a box in its place.

use std::collections::{BTreeMap, BTreeSet};

use vestry_pdf_fields::{Field, Page as Sheet, Template, Widget};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::{Mark, Picture};

use crate::cells::cut;
use crate::kept::Head;

/// Sheets at a time, and boxes on all of them.
const SHEETS: usize = 40;
const BOXES: usize = 5_000;
/// CSS pixels of a point: 96 of an inch, which has 72.
const PIXELS: f64 = 96.0 / 72.0;
/// Where in the query it stands which sheet comes first.
const FROM: &str = "from";
/// What the boxes mean.
const COLOURS: &str = "Each box is a field. Amber ones are required, grey ones are read only or not shown.";

/// A page with the places of fields on it.
type Full<'t> = (&'t Sheet, Vec<(&'t Field, &'t Widget)>);

/// The first sheets, as a tab of the result.
pub fn section(head: &Head, template: &Template) -> Section {
    let all = full(template);
    let section = Section::new("pages", "Pages").tab();
    if all.is_empty() {
        return section.block("no-pages", notice(Level::Neutral, "No field stands on a page."));
    }
    let section = add(section.summary(COLOURS), &all, 0);
    match all.len() > SHEETS {
        true => section.block("more-pages", actions([turn(head, "More pages", SHEETS)])),
        false => section,
    }
}

/// More of them, on a page of their own.
pub fn page(request: &Request, head: &Head, template: &Template) -> Page {
    let all = full(template);
    let from = request.query(FROM).number::<usize>().unwrap_or(0).min(all.len().saturating_sub(1));
    let mut buttons = vec![];
    if from > 0 {
        buttons.push(turn(head, "Pages before these", from.saturating_sub(SHEETS)));
    }
    if from + SHEETS < all.len() {
        buttons.push(turn(head, "More pages", from + SHEETS));
    }
    Page::new(data(&head.name))
        .lead(COLOURS)
        .action(Action::new("All of this result", "result").param("key", &head.id))
        .section(add(Section::new("pages", Text::none()).columns(), &all, from))
        .section(Section::new("turn", Text::none()).block("more-pages", actions(buttons)))
}

fn turn(head: &Head, label: &'static str, from: usize) -> Action {
    Action::new(label, "pages").param("key", &head.id).value(FROM, from.to_string())
}

/// The pages that have fields on them.
fn full(template: &Template) -> Vec<Full<'_>> {
    let mut places: BTreeMap<u32, Vec<(&Field, &Widget)>> = BTreeMap::new();
    for field in &template.fields {
        for widget in &field.widgets {
            places.entry(widget.page).or_default().push((field, widget));
        }
    }
    template.pages.iter().filter_map(|sheet| Some((sheet, places.remove(&sheet.number)?))).collect()
}

fn add(section: Section, all: &[Full<'_>], from: usize) -> Section {
    let mut left = BOXES;
    let mut section = section;
    for (sheet, places) in all.iter().skip(from).take(SHEETS) {
        let shown = &places[..places.len().min(left)];
        left -= shown.len();
        section = section.block(format!("page-{}", sheet.number), picture(sheet, fields_of(places), shown));
    }
    match left {
        0 => section
            .block("boxes", notice(Level::Warning, text!("Only the first {most} boxes are drawn.", most = BOXES))),
        _ => section,
    }
}

/// How many fields these places are of: radio buttons have several.
fn fields_of(places: &[(&Field, &Widget)]) -> usize {
    places.iter().map(|(field, _)| field.name.as_str()).collect::<BTreeSet<_>>().len()
}

fn picture(sheet: &Sheet, count: usize, shown: &[(&Field, &Widget)]) -> Picture {
    let pixels = |points: f64| (points * PIXELS).round().clamp(1.0, 10_000.0) as u32;
    let caption = text!("Page {number}, {count} fields", number = sheet.number, count);
    let picture = Picture::new(caption, pixels(sheet.width), pixels(sheet.height));
    shown.iter().fold(picture, |picture, (field, widget)| picture.mark(mark(sheet, field, widget)))
}

fn mark(sheet: &Sheet, field: &Field, widget: &Widget) -> Mark {
    let part = |points: f64, whole: f64| if whole > 0.0 { (points / whole) as f32 } else { 0.0 };
    let area = widget.rectangle;
    let level = match () {
        () if widget.hidden || field.flags.read_only => Level::Neutral,
        () if field.flags.required => Level::Warning,
        () => Level::Primary,
    };
    Mark {
        x: part(area.left, sheet.width),
        y: part(area.top, sheet.height),
        width: part(area.width, sheet.width),
        height: part(area.height, sheet.height),
        label: label(field, widget),
        level,
        open: None,
    }
}

/// Its name; and of a button among several, which it is.
fn label(field: &Field, widget: &Widget) -> Text {
    let name = cut(&field.name);
    match &widget.on {
        Some(on) if field.options.len() > 1 => data(format!("{name} = {}", cut(on))),
        _ => data(name),
    }
}
