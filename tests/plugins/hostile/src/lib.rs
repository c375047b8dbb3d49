//! A plugin that does what no plugin should: loops, traps, hoards, floods, and answers what is not in order.
//!
//! `/echo` answers all that it can see of the request, for the test that no cookie, token or header gets here.

mod echo;

use vestry_sdk::prelude::*;
use vestry_sdk::ui::Columnar;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.example.hostile", "Hostile")
        .summary("Loops, traps, hoards and floods.")
        .route(
            get("ok", "/").for_signed_in().to(|_| Ok(Page::new("Hostile").block("words", prose("Nothing happened.")))),
        )
        .route(get("loop", "/loop").for_signed_in().to(endless))
        .route(get("trap", "/trap").for_signed_in().to(trap))
        .route(get("recursion", "/recursion").for_signed_in().to(recursion))
        .route(get("gigabyte", "/gigabyte").for_signed_in().to(gigabyte))
        .route(get("flood", "/flood").for_signed_in().to(flood))
        .route(get("tide", "/tide").for_signed_in().to(tide))
        .route(get("crowd", "/crowd").for_signed_in().to(crowd))
        .route(get("chatter", "/chatter").for_signed_in().to(chatter))
        .route(get("badtexts", "/badtexts").for_signed_in().to(bad_texts))
        .route(get("uneven", "/uneven").for_signed_in().to(uneven))
        .route(get("twice", "/twice").for_signed_in().to(twice))
        .route(get("astray", "/astray").for_signed_in().to(astray))
        .route(get("markup", "/markup").for_signed_in().to(markup))
        .route(get("forge", "/forge").for_signed_in().to(|_| forge()))
        .route(post("forge-post", "/forge").for_signed_in().to(|_| forge()))
        .route(get("inline", "/inline").for_signed_in().to(inline))
        .route(get("echo", "/echo").for_signed_in().to(echo::echo))
        .route(post("echo-post", "/echo").for_signed_in().to(echo::echo))
        .contribute("org.example.board/parts", "Endless", "Never ends", "loop")
        .contribute("org.example.board/parts", "Trap", "Ends badly", "trap")
        .contribute("org.example.board/parts", "Twice", "Cannot be drawn", "twice")
        .contribute("org.example.board/parts", "Markup", "Is full of markup", "markup")
        .menu("Hostile", "ok", "bomb")
}

/// Never ends.
fn endless(_: &Request) -> Result<Page> {
    let mut turns = 0u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

/// Ends at once, badly.
fn trap(_: &Request) -> Result<Page> {
    std::process::abort()
}

/// Runs out of stack.
fn recursion(_: &Request) -> Result<Page> {
    fn deeper(depth: u64) -> u64 {
        let here = std::hint::black_box([depth; 64]);
        if std::hint::black_box(true) { deeper(depth + 1) + here[0] } else { 0 }
    }
    Ok(Page::new(deeper(0).to_string()))
}

/// Asks for a gigabyte, a mebibyte at a time, and touches it.
fn gigabyte(_: &Request) -> Result<Page> {
    let hoard: Vec<Vec<u8>> = (0..1024).map(|fill| vec![fill as u8; 1 << 20]).collect();
    Ok(Page::new(hoard.len().to_string()))
}

/// Answers a page of 100 MB, more than its memory holds.
fn flood(_: &Request) -> Result<Page> {
    let words = "flood ".repeat(20_000_000 / 6);
    Ok((0..5).fold(Page::new("Flood"), |page, index| page.block(format!("words-{index}"), prose(words.clone()))))
}

/// Answers a page of 40 MB, which its memory holds and no answer may have.
fn tide(_: &Request) -> Result<Page> {
    Ok(Page::new("Tide").block("words", prose("tide ".repeat(8_000_000))))
}

/// A page that is small for the plugin and large for the host: a million empty badges.
fn crowd(_: &Request) -> Result<Page> {
    let badges = vec![badge(Text::none(), Level::Neutral); 1_000_000];
    Ok(Page::new("Crowd").block("badges", facts([fact("Badges", badges)])))
}

/// Fills the log.
fn chatter(_: &Request) -> Result<Page> {
    let words = "chatter ".repeat(1 << 16);
    (0..1_000_000).for_each(|_| vestry_sdk::log::info(&words));
    Ok(Page::new("Chatter"))
}

/// Texts that end inside a character.
fn bad_texts(_: &Request) -> Result<Page> {
    let keys = Texts { all: "1".to_owned(), ends: vec![1] };
    let names = Texts { all: "Zoë".to_owned(), ends: vec![3] };
    Ok(Page::new("Bad texts").block("table", Table::of(keys).column("name", "Name", names)))
}

/// A table whose columns are not of one length.
fn uneven(_: &Request) -> Result<Page> {
    let columns =
        Columnar { keys: ["1", "2", "3"].into_iter().collect(), columns: vec![ColumnValues::Bools(vec![true])] };
    let mut table = Table::keyed(["1"]).column("on", "On", [true]);
    table.data = vestry_sdk::ui::TableData::Columns(columns);
    Ok(Page::new("Uneven").block("table", table))
}

/// Two blocks of one name.
fn twice(_: &Request) -> Result<Page> {
    Ok(Page::new("Twice").block("same", prose("One.")).block("same", prose("Two.")))
}

/// Buttons and links to what is not there, not https, or not its own.
fn astray(_: &Request) -> Result<Page> {
    let links = [
        Link::to("Unknown route", "nowhere"),
        Link::external("Script", "javascript:alert(1)"),
        Link::external("Not https", "http://example.org/"),
        Link::contributed("Unknown contribution", "org.example.nobody"),
    ];
    let facts = facts(links.map(|link| fact("Link", link)));
    Ok(Page::new("Astray").block("links", facts).block("buttons", actions([Action::new("Unknown route", "nowhere")])))
}

/// Markup wherever words go.
fn markup(_: &Request) -> Result<Page> {
    const EVIL: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>\" onclick=\"alert(1)";
    let table = Table::keyed([EVIL]).column("name", EVIL.to_owned(), [EVIL]).each(Action::new(EVIL.to_owned(), "ok"));
    let form = Form::new(Action::new(EVIL.to_owned(), "ok"))
        .field(Field::text("x", EVIL.to_owned()).value(EVIL).help(EVIL.to_owned()));
    Ok(Page::new(EVIL.to_owned())
        .lead(EVIL.to_owned())
        .block("prose", prose(EVIL.to_owned()))
        .block("link", prose("[a](javascript:alert(1)) ![b](https://example.org/x.png) <b>c</b>"))
        .block("table", table)
        .block("form", form)
        .block("source", vestry_sdk::block::source("html", EVIL)))
}

/// Says that the host must ask, though no host call said so.
fn forge() -> Result<Page> {
    Err(Failure::Confirm("forged".to_owned()))
}

/// HTML as a download that claims to be shown in the page.
fn inline(_: &Request) -> Result<Download> {
    Ok(Download::new("../../page.html", "text/html", b"<script>alert(1)</script>".to_vec()).inline())
}
