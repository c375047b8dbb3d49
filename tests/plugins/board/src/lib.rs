//! Shows any panel that is named, and what is contributed to its point: by itself, in all the ways that matter, and by
//! others, such as the hostile plugin. One page stays up to date, and tries to write where it has no business.

use vestry_sdk::block::{job, panel};
use vestry_sdk::contributions;
use vestry_sdk::prelude::*;
use vestry_sdk::ui::LogLine;

vestry_sdk::plugin!(plugin, live);

const POINT: &str = "org.example.board/parts";
/// A point of a plugin that the server ships with.
const UTILITIES: &str = "org.vestry.utilities/utilities";

fn plugin() -> Plugin {
    Plugin::new("org.example.board", "Board")
        .summary("Shows panels.")
        .point(POINT)
        .wish(Capability::permission("users.read"), "To count people at night.")
        .route(get("home", "/").for_signed_in().to(home))
        .route(get("panels", "/panels").for_signed_in().to(panels))
        .route(get("plain", "/plain").for_signed_in().to(plain))
        .route(get("managed", "/managed").needs("server.manage").to(managed))
        .route(get("nested", "/nested").for_signed_in().to(nested))
        .route(get("who", "/who").for_signed_in().to(who))
        .route(get("elsewhere", "/elsewhere").for_signed_in().to(|_| Ok(Redirect::to("home"))))
        .route(post("plain-post", "/plain").for_signed_in().to(|_| Ok(Redirect::to("plain"))))
        .route(get("job", "/job").for_signed_in().to(any_job))
        .route(get("writes", "/writes").for_signed_in().to(writes))
        .live("writes", write)
        .contribute(POINT, "Plain", "A table and a form", "plain")
        .contribute(POINT, "Managed", "For administrators", "managed")
        .contribute(POINT, "Nested", "Has a panel in it", "nested")
        .contribute(POINT, "Who", "Shows who asks", "who")
        .contribute(POINT, "Elsewhere", "Is no page", "elsewhere")
        .contribute(UTILITIES, "Notice board", "Écrire une note for everybody", "plain")
        .contribute(UTILITIES, "Keys of the house", "Who has which", "managed")
        .menu("Board", "home", "layout-dashboard")
}

/// What is contributed, as `contributions.at` lists it, and each in its panel.
fn home(_: &Request) -> Result<Page> {
    let entries = contributions::at(POINT);
    let listed: Vec<_> = entries.iter().map(|entry| entry.id.clone()).collect();
    let page = Page::new("Board")
        .block("listed", prose(Text::Data(listed.join("\n\n"))))
        .block("list", prose("A block of a name that stands in a panel, too."));
    let panels = listed.iter().enumerate();
    Ok(panels.fold(page, |page, (index, id)| page.block(format!("part-{index}"), panel(format!("contribution:{id}")))))
}

/// The panels that the query names, each in a block of its own; with `many`, so many of no meaning behind them.
fn panels(request: &Request) -> Result<Page> {
    let named = request.query.iter().filter(|(field, _)| field == "name").enumerate();
    let page = Page::new("Panels").block("words", prose("These words stand."));
    let page = named.fold(page, |page, (index, (_, name))| page.block(format!("panel-{index}"), panel(name.clone())));
    let many: usize = request.query("many").optional().map_or(Ok(0), |_| request.query("many").number())?;
    Ok((0..many).fold(page, |page, index| page.block(format!("more-{index}"), panel(format!("handover:{index}")))))
}

fn plain(_: &Request) -> Result<Page> {
    let table = |name: &'static str| {
        Table::keyed(["1", "2"]).column("name", "Name", [name, "<b>Two</b>"]).sortable().open("plain")
    };
    Ok(Page::new("Plain part")
        .action(Action::new("Back to the board", "home"))
        .block("list", table("One"))
        .block("more", table("Another"))
        .block("form", Form::new(Action::new("Send it", "plain-post")).field(Field::text("word", "A word"))))
}

fn managed(_: &Request) -> Result<Page> {
    Ok(Page::new("Managed part").block("words", prose("Only who looks after the server reads this.")))
}

fn nested(_: &Request) -> Result<Page> {
    let own = panel("contribution:org.example.board/nested");
    Ok(Page::new("Nested part").block("inner", own).block("words", prose("Around the inner panel.")))
}

fn who(request: &Request) -> Result<Page> {
    let who = request.actor.as_ref().map_or("nobody", |actor| &actor.id);
    let asked = format!("{who} asked for {} with {} values", request.route, request.query.len());
    Ok(Page::new("Who part").block("who", prose(Text::Data(asked))))
}

/// Shows the job that the query names, whosever it is.
fn any_job(request: &Request) -> Result<Page> {
    Ok(Page::new("A job").block("job", job(request.query("id").required()?)))
}

/// A page of another in a panel, and beside it a block of the name that a block in there would have with a dot.
fn writes(_: &Request) -> Result<Page> {
    let page = Page::new("Writes")
        .block("part", panel("contribution:org.example.board/plain"))
        .block("part.list", prose("Its own words."))
        .block("shown", prose("Nothing is shown yet."))
        .block("number", prose("Number 0"));
    Ok(page.follow(Vec::<String>::new(), "0", 1))
}

/// Once a second: into the panel in each way, and the panels that the query names.
fn write(request: &Request, cursor: &str) -> Result<Batch> {
    let number = cursor.parse::<u64>().map_err(|_| Failure::not_found(cursor))? + 1;
    let words = || prose(Text::Data(format!("Written as number {number}.")));
    let named = request.query.iter().filter(|(field, _)| field == "name");
    let batch = Batch::at(number.to_string())
        .with(Update::block("part.list", words()))
        .with(Update::block("list", words()))
        .with(Update::block("part-list", words()))
        .with(Update::block("part", panel("contribution:org.example.board/who")))
        .with(Update::lines("part", [LogLine::new("board", "Written at the end.")]));
    let batch = named.fold(batch, |batch, (_, name)| batch.with(Update::block("shown", panel(name.clone()))));
    Ok(batch.with(Update::block("number", prose(Text::Data(format!("Number {number}"))))))
}
