//! How long a page of fifty accounts takes. Not run by default: `cargo test --release -p vestry-screen --test speed --
//! --ignored --nocapture`.

#[path = "support/fixture.rs"]
mod fixture;

use fixture::*;
use rustix::time::{ClockId, clock_gettime};
use vestry_contract::ui::*;
use vestry_screen::*;

/// CPU time of this thread, in microseconds.
fn clock() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

/// The fastest of several runs, in microseconds of CPU time for one turn.
fn microseconds(mut turn: impl FnMut()) -> f64 {
    let run = |turn: &mut dyn FnMut()| {
        let start = clock();
        (0..500).for_each(|_| turn());
        (clock() - start) / 500.0
    };
    (0..20).map(|_| run(&mut turn)).fold(f64::INFINITY, f64::min)
}

#[test]
#[ignore = "measures; says nothing in a debug build"]
fn fifty_accounts() {
    let screens = Screens::load(None, AssetNames::new()).unwrap();
    let entry = |name: &str| MenuEntry {
        label: name.into(),
        href: format!("/{name}"),
        icon: "users".into(),
        section: SectionKind::Tools,
        active: false,
        badge: None,
        unavailable: None,
    };
    let menu = screens.menu(&["a", "b", "c", "d", "e", "f"].map(entry), "en").unwrap();
    let frame = Frame {
        menu,
        nonce: "n".into(),
        actor: Some(Person { name: "Ada Lovelace".into(), email: "ada@example.org".into() }),
        ..Frame::default()
    };
    let place = Fake::new(&[("sort", "name")]);
    let full =
        page("Users", vec![section("", SectionLayout::Stack, vec![block("accounts", Content::Table(accounts(50)))])]);
    let none = page("Users", vec![]);
    let empty =
        page("Users", vec![section("", SectionLayout::Stack, vec![block("accounts", Content::Table(accounts(0)))])]);
    let hello = page_of(Content::Prose(words("Hello, world, and all who are in it.")));
    let prose = microseconds(|| drop(std::hint::black_box(screens.page(&frame, &hello, &place).unwrap())));
    let bytes = screens.page(&frame, &full, &place).unwrap().len();
    let whole = microseconds(|| drop(std::hint::black_box(screens.page(&frame, &full, &place).unwrap())));
    let head = microseconds(|| drop(std::hint::black_box(screens.page(&frame, &empty, &place).unwrap())));
    let bare = microseconds(|| drop(std::hint::black_box(screens.page(&frame, &none, &place).unwrap())));
    let twin = microseconds(|| drop(std::hint::black_box(data(&full, &place).unwrap())));
    println!(
        "{bytes} bytes; page {whole:.1} us, without rows {head:.1} us, frame alone {bare:.1} us, one sentence {prose:.1} us, table {:.1} us; data {twin:.1} us",
        whole - bare
    );
    assert!(whole - bare < 60.0, "the table takes {:.1} us", whole - bare);
}
