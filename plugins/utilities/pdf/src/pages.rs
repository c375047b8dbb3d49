//! The pages of a file, and what is put on them.

use std::collections::{HashMap, HashSet};

use crate::bounds;
use crate::document::{Document, Entry, Node};
use crate::notes::Notes;
use crate::template::{Note, Page, Rectangle, Rotation};

/// What a page is without a size of its own: 8.5 by 11 inches.
const LETTER: Area = Area { left: 0.0, bottom: 0.0, width: 612.0, height: 792.0 };

/// A part of the plane, in the units of the file; up is more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub left: f64,
    pub bottom: f64,
    pub width: f64,
    pub height: f64,
}

/// A page as the file has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet {
    area: Area,
    rotation: Rotation,
    /// Points of a unit of the file.
    unit: f64,
}

pub(crate) struct Pages<'d> {
    pub all: Vec<Sheet>,
    /// The place of each page in `all`, by the number of its object.
    by_object: HashMap<u32, usize>,
    /// The page of each annotation, by the number of its object.
    by_annotation: HashMap<u32, usize>,
    /// All annotations that are objects, in their order, and those that are not.
    pub annotations: Vec<u32>,
    pub inline: Vec<(usize, Node<'d>)>,
}

/// What pages have from those above them.
#[derive(Debug, Clone, Copy, Default)]
struct Inherited {
    media: Option<Area>,
    crop: Option<Area>,
    turn: i64,
}

struct Walk<'r, 'd, 'a> {
    document: &'d Document<'a>,
    pages: Pages<'d>,
    notes: &'r mut Notes,
    seen: HashSet<u32>,
}

impl<'d> Pages<'d> {
    /// Walks the tree of pages; where there is none in a damaged file, takes every object that says it is a page.
    pub fn find<'a>(document: &'d Document<'a>, notes: &mut Notes) -> Pages<'d> {
        let pages = Pages {
            all: Vec::new(),
            by_object: HashMap::new(),
            by_annotation: HashMap::new(),
            annotations: Vec::new(),
            inline: Vec::new(),
        };
        let mut walk = Walk { document, pages, notes, seen: HashSet::new() };
        if let Some(tree) = document.root().and_then(|root| document.get(&root, b"Pages")) {
            walk.seen.extend(tree.id);
            walk.visit(&tree, Inherited::default(), 0);
        }
        if walk.pages.all.is_empty() && document.repaired {
            walk.gather();
        }
        walk.pages
    }

    /// The place of a page, by the number of its object.
    pub fn of_object(&self, number: u32) -> Option<usize> {
        self.by_object.get(&number).copied()
    }

    /// The place of the page that has an annotation.
    pub fn of_annotation(&self, number: u32) -> Option<usize> {
        self.by_annotation.get(&number).copied()
    }

    pub fn shown(&self) -> Vec<Page> {
        (1..).zip(&self.all).map(|(number, sheet)| sheet.shown(number)).collect()
    }
}

impl<'d> Walk<'_, 'd, '_> {
    fn visit(&mut self, node: &Node<'d>, inherited: Inherited, depth: usize) {
        let inherited = inherited.and_of(self.document, node);
        let Some(kids) = self.document.get(node, b"Kids").filter(Node::is_array) else {
            return self.page(node, inherited);
        };
        if depth >= bounds::DEPTH {
            return self.notes.add(Note::Circle);
        }
        for kid in self.document.entries(&kids) {
            if self.pages.all.len() >= bounds::PAGES {
                return self.notes.add(Note::Pages);
            }
            match kid {
                Entry::Object(number) if !self.seen.insert(number) => self.notes.add(Note::Circle),
                Entry::Object(number) => {
                    if let Some(kid) = self.document.object(number).filter(Node::is_dict) {
                        self.visit(&kid, inherited, depth + 1);
                    }
                }
                Entry::Here(kid) if kid.is_dict() => self.visit(&kid, inherited, depth + 1),
                Entry::Here(_) => {}
            }
        }
    }

    fn gather(&mut self) {
        let mut numbers: Vec<u32> = self.document.table.places.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            let Some(node) = self.document.object(number) else { continue };
            let kind = self.document.get(&node, b"Type");
            if kind.is_some_and(|kind| kind.name() == Some(b"Page")) && self.pages.all.len() < bounds::PAGES {
                let inherited = Inherited::default().and_of(self.document, &node);
                self.page(&node, inherited);
            }
        }
    }

    fn page(&mut self, node: &Node<'d>, inherited: Inherited) {
        let index = self.pages.all.len();
        let unit = self.document.get(node, b"UserUnit").and_then(|unit| unit.number());
        let unit = unit.filter(|unit| (0.01..=100.0).contains(unit)).unwrap_or(1.0);
        self.pages.all.push(Sheet { area: inherited.area(), rotation: inherited.rotation(), unit });
        if let Some(number) = node.id {
            self.pages.by_object.insert(number, index);
        }
        let Some(annotations) = self.document.get(node, b"Annots") else { return };
        for annotation in self.document.entries(&annotations) {
            if self.pages.annotations.len() + self.pages.inline.len() >= bounds::ANNOTATIONS {
                return self.notes.add(Note::Annotations);
            }
            match annotation {
                Entry::Object(number) => {
                    if self.pages.by_annotation.insert(number, index).is_none() {
                        self.pages.annotations.push(number);
                    }
                }
                // Few programs write them so, and they are held whole.
                Entry::Here(node) if node.is_dict() && self.pages.inline.len() < bounds::OPTIONS => {
                    self.pages.inline.push((index, node));
                }
                Entry::Here(_) => {}
            }
        }
    }
}

impl Inherited {
    fn and_of(self, document: &Document<'_>, node: &Node<'_>) -> Inherited {
        Inherited {
            media: area(document, node, b"MediaBox").or(self.media),
            crop: area(document, node, b"CropBox").or(self.crop),
            turn: document.integer(node, b"Rotate").unwrap_or(self.turn),
        }
    }

    /// What is seen: the crop box, as far as there is paper.
    fn area(&self) -> Area {
        let media = self.media.unwrap_or(LETTER);
        let Some(crop) = self.crop else { return media };
        let left = crop.left.max(media.left);
        let bottom = crop.bottom.max(media.bottom);
        let width = (crop.left + crop.width).min(media.left + media.width) - left;
        let height = (crop.bottom + crop.height).min(media.bottom + media.height) - bottom;
        if width > 0.0 && height > 0.0 { Area { left, bottom, width, height } } else { media }
    }

    fn rotation(&self) -> Rotation {
        match self.turn.rem_euclid(360) {
            90 => Rotation::Quarter,
            180 => Rotation::Half,
            270 => Rotation::ThreeQuarters,
            _ => Rotation::None,
        }
    }
}

/// A rectangle of the file, whichever two of its corners it tells; nothing where it has no size.
fn area(document: &Document<'_>, node: &Node<'_>, key: &[u8]) -> Option<Area> {
    corners(document, node, key).filter(|area| area.width > 0.0 && area.height > 0.0)
}

/// As [`area`], also of no size: a field that is nowhere to be seen has such a place.
pub(crate) fn corners(document: &Document<'_>, node: &Node<'_>, key: &[u8]) -> Option<Area> {
    let array = document.get(node, key)?;
    let numbers: Vec<f64> = document.items(&array).take(4).map_while(|number| number.number()).collect();
    let [x, y, other_x, other_y] = numbers[..] else { return None };
    Some(Area { left: x.min(other_x), bottom: y.min(other_y), width: (other_x - x).abs(), height: (other_y - y).abs() })
}

impl Sheet {
    fn shown(&self, number: u32) -> Page {
        let (width, height) = (round(self.area.width * self.unit), round(self.area.height * self.unit));
        match self.rotation {
            Rotation::None | Rotation::Half => Page { number, width, height, rotation: self.rotation },
            _ => Page { number, width: height, height: width, rotation: self.rotation },
        }
    }

    /// Where an area of the file is on the page as it is seen.
    pub fn seen(&self, area: Area) -> Rectangle {
        let (paper, unit) = (self.area, self.unit);
        // What is free on each side of it, before the page is turned.
        let left = area.left - paper.left;
        let below = area.bottom - paper.bottom;
        let right = paper.width - left - area.width;
        let above = paper.height - below - area.height;
        let (left, top, width, height) = match self.rotation {
            Rotation::None => (left, above, area.width, area.height),
            Rotation::Quarter => (below, left, area.height, area.width),
            Rotation::Half => (right, below, area.width, area.height),
            Rotation::ThreeQuarters => (above, right, area.height, area.width),
        };
        let points = |units: f64| round(units * unit);
        Rectangle { left: points(left), top: points(top), width: points(width), height: points(height) }
    }
}

/// Hundredths of a point are enough, and short to write.
fn round(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_turns_with_its_page() {
        // In the bottom left corner of the paper, wider than high.
        let place = Area { left: 20.0, bottom: 30.0, width: 50.0, height: 5.0 };
        let area = Area { left: 10.0, bottom: 10.0, width: 200.0, height: 100.0 };
        let seen = |rotation| {
            let seen = Sheet { area, rotation, unit: 1.0 }.seen(place);
            (seen.left, seen.top, seen.width, seen.height)
        };
        assert_eq!(seen(Rotation::None), (10.0, 75.0, 50.0, 5.0));
        assert_eq!(seen(Rotation::Quarter), (20.0, 10.0, 5.0, 50.0));
        assert_eq!(seen(Rotation::Half), (140.0, 20.0, 50.0, 5.0));
        assert_eq!(seen(Rotation::ThreeQuarters), (75.0, 140.0, 5.0, 50.0));
        let double = Sheet { area, rotation: Rotation::Quarter, unit: 2.0 };
        assert_eq!(double.shown(3), Page { number: 3, width: 200.0, height: 400.0, rotation: Rotation::Quarter });
    }
}
