//! What is taken, and what is found in it.

use vestry_sources::archive::{MOST_ENTRIES, unpack};
use vestry_sources::{LARGEST_COMPONENT, LARGEST_README};

use crate::zip::{End, Item, item, stored, streamed, zip, zip_with};
use crate::{COMPONENT, take};

#[test]
fn a_component_is_taken_as_it_is() {
    let unpacked = unpack(COMPONENT.to_vec(), "hello.wasm").unwrap();
    assert_eq!((unpacked.component.as_slice(), unpacked.readme.as_str()), (COMPONENT, ""));
}

#[test]
fn a_zip_is_taken_however_it_was_written() {
    let component = || item("hello.wasm", COMPONENT);
    let ways: &[(&str, Vec<Item>)] = &[
        ("packed", vec![component()]),
        ("stored", vec![stored("hello.wasm", COMPONENT)]),
        ("streamed", vec![streamed("hello.wasm", COMPONENT, true, false)]),
        ("streamed, unsigned", vec![streamed("hello.wasm", COMPONENT, false, false)]),
        ("streamed, wide", vec![streamed("hello.wasm", COMPONENT, true, true), component_at("b.txt")]),
        ("streamed, wide and unsigned", vec![streamed("hello.wasm", COMPONENT, false, true)]),
        ("of a system without modes", vec![Item { mode: 0, ..component() }]),
        ("in a folder", vec![folder("out/"), item("out/Hello.WASM", COMPONENT)]),
        ("with what a system adds", vec![component(), folder("__MACOSX/"), item("__MACOSX/._hello.wasm", b"x")]),
        ("with a file of a system", vec![component(), item("._hello.wasm", b"x")]),
    ];
    for (way, items) in ways {
        let unpacked = take(zip(items)).unwrap_or_else(|error| panic!("{way}: {error}"));
        assert_eq!(unpacked.component, COMPONENT, "{way}");
    }
    let end = End { comment: b"made by hand".to_vec(), ..End::default() };
    assert!(take(zip_with(&[component()], &end)).is_ok());
}

fn folder(name: &str) -> Item {
    Item { mode: 0o040_755, ..stored(name, b"") }
}

fn component_at(name: &str) -> Item {
    item(name, b"text")
}

#[test]
fn the_readme_beside_the_component_is_found_and_else_that_at_the_root() {
    let rows: &[(&[&str], &str)] = &[
        (&["hello.wasm"], ""),
        (&["hello.wasm", "README.md"], "README.md"),
        (&["hello.wasm", "readme"], "readme"),
        (&["hello.wasm", "ReadMe.TXT"], "ReadMe.TXT"),
        (&["hello.wasm", "README.txt", "README", "Readme.md"], "Readme.md"),
        (&["hello.wasm", "docs/README.md"], ""),
        (&["hello.wasm", "README.html", "XREADME.md", "README.md.bak"], ""),
        (&["out/hello.wasm", "README.md"], "README.md"),
        (&["out/hello.wasm", "README.md", "out/README"], "out/README"),
        (&["out/hello.wasm", "src/README.md"], ""),
    ];
    for (names, expected) in rows {
        let items: Vec<Item> = names
            .iter()
            .map(|name| item(name, if name.ends_with(".wasm") { COMPONENT } else { name.as_bytes() }))
            .collect();
        assert_eq!(take(zip(&items)).unwrap().readme, *expected, "{names:?}");
    }
}

#[test]
fn a_readme_is_text_and_has_a_limit() {
    let with = |readme: &[u8]| take(zip(&[item("hello.wasm", COMPONENT), item("README.md", readme)]));
    assert_eq!(with("Grüße".as_bytes()).unwrap().readme, "Grüße");
    assert_eq!(with(b"Gr\xfc\xdfe").unwrap().readme, "Gr\u{fffd}\u{fffd}e");
    let largest = noise(LARGEST_README as usize + 1);
    assert_eq!(with(&largest[1..]).unwrap().readme.chars().count(), LARGEST_README as usize);
    let error = with(&largest).unwrap_err().to_string();
    assert_eq!(
        error,
        "hello.zip is not taken: its entry `README.md` is a README of more than 256 KiB. Shorten it and pack it again"
    );
}

#[test]
fn the_largest_component_is_taken_and_one_byte_more_is_not() {
    let mut largest = COMPONENT.to_vec();
    largest.resize(LARGEST_COMPONENT as usize, 0);
    assert_eq!(take(zip(&[stored("hello.wasm", &largest)])).unwrap().component.len() as u64, LARGEST_COMPONENT);
    assert!(unpack(largest.clone(), "hello.wasm").is_ok());
    largest.push(0);
    let told = unpack(largest.clone(), "hello.wasm").unwrap_err().to_string();
    assert_eq!(told, "hello.wasm is not taken: a component has at most 64 MiB");
    let told = take(zip(&[stored("hello.wasm", &largest)])).unwrap_err().to_string();
    assert!(told.contains("`hello.wasm` would have more than 64 MiB"), "{told}");
}

#[test]
fn as_many_entries_as_there_may_be_are_read() {
    let mut items: Vec<Item> = (1..MOST_ENTRIES).map(|number| stored(&format!("{number}.txt"), b"x")).collect();
    items.push(item("hello.wasm", COMPONENT));
    assert!(take(zip(&items)).is_ok());
    items.push(stored("more.txt", b"x"));
    let told = take(zip(&items)).unwrap_err().to_string();
    assert!(told.contains("more than 1000 entries"), "{told}");
}

/// ASCII that hardly packs.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b' ' + (state >> 25) as u8 % 95
    };
    std::iter::repeat_with(next).take(length).collect()
}
