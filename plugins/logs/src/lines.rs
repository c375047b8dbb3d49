//! The lines themselves: the newest, live, and back as far as somebody looks.

use vestry_logs_core::{
    Budget, Filter, LONGEST, Looked, MOST_SERIES, Matcher, Series, Start, Step, Way, Whole, Wrong, time,
};
use vestry_sdk::block::{log, panel};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::{Log, LogLine};

use crate::directories::{self, Found};
use crate::fields;
use crate::shown;
use crate::steps::{place, step};
use crate::times;
use crate::view::View;

/// Of one page: bytes read, bytes of text looked at, lines.
const READ: u64 = 4 << 20;
const TEXT: u64 = 24 << 20;
const LINES: usize = 200;
/// Lines of one update of a page that is followed.
const AT_ONCE: usize = 2_000;
/// How often a page that is followed looks for new lines, in seconds.
const EVERY: u32 = 1;

pub fn show(request: &Request) -> Result<Page> {
    match View::read(request)? {
        Ok(view) => page(&view),
        Err(wrong) => Ok(mistaken(request, wrong)),
    }
}

/// `request`: whose lines; of a request that was answered a moment ago or long before.
pub fn of_request(request: &Request) -> Result<Redirect> {
    let request = request.query("request").optional().map(str::to_owned);
    let view = View { filter: Filter { request, ..Filter::default() }, newest_last: true, ..View::default() };
    Ok(Redirect::to(view.route()))
}

pub fn remember(request: &Request) -> Result<Redirect> {
    let view = View { cursor: None, ..View::asked(&request.form)? };
    view.remember(request)?;
    Ok(Redirect::to(view.route()).done("Logs opens like this from now on."))
}

fn page(view: &View) -> Result<Page> {
    let Found { series, troubles } = directories::all();
    let matcher = match view.try_matcher() {
        Ok(matcher) => matcher,
        Err(wrong) => return Ok(with_mistake(view, &series, None, &[("text".to_owned(), wrong)])),
    };
    let begin = view.cursor.as_deref().map_or(Ok(Start::Begin(Way::Newest)), place)?;
    let page = head(view, fields::filter(view, &series));
    let parts = view.parts(series);
    let found = looked(&parts[0], &matcher, &begin, LINES)?;
    let notes = troubles.into_iter().chain(left_out(&parts)).chain(found.notes.iter().map(shown::note));
    let page = shown::notices(page, notes);
    let mut lines: Vec<LogLine> = found.hits.iter().map(|hit| shown::line(hit, &parts[0], &matcher)).collect();
    if view.newest_last {
        lines.reverse();
    }
    let older = found.cursor.as_ref().map(|cursor| view.at(&cursor.to_text()));
    let content =
        Log { lines, newest_first: !view.newest_last, older: older.clone().filter(|_| !found.hits.is_empty()) };
    let page = page.block("lines", content).block("how-far", how_far(&found, older.is_some()));
    let page = match older {
        Some(older) => page.block("further", further(view, older, found.hits.is_empty())),
        None => page,
    };
    Ok(match (view.follow, &found.live) {
        (true, Some(live)) => page.follow(Vec::<String>::new(), live.to_text(), EVERY),
        _ => page,
    })
}

/// What came since, at the end of the lines.
pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let view = View::read(request)?.map_err(|wrong| Failure::NotFound(wrong.to_string()))?;
    let parts = view.parts(directories::all().series);
    let matcher = view.matcher()?;
    let found = looked(&parts[0], &matcher, &place(cursor)?, AT_ONCE)?;
    let at = found.cursor.map(|cursor| cursor.to_text()).unwrap_or_default();
    let said = found.notes.iter().map(|note| LogLine::new("", shown::note(note).plain()).level(Level::Warning));
    let mut lines: Vec<LogLine> =
        said.chain(found.hits.iter().map(|hit| shown::line(hit, &parts[0], &matcher))).collect();
    let batch = if found.more { Batch::at(at).more() } else { Batch::at(at) };
    if lines.is_empty() {
        return Ok(batch);
    }
    if !view.newest_last {
        lines.reverse();
    }
    Ok(batch.with(Update::lines("lines", lines)))
}

/// One step, as far as one call may go.
pub fn looked(chosen: &[Series], matcher: &Matcher, begin: &Start, hits: usize) -> Result<Step> {
    let over = times::alarm(matcher);
    let budget = Budget { read: READ, text: TEXT, hits, longest: LONGEST, whole: Whole::PAGE, over: &over };
    step(chosen, matcher, begin, budget)
}

/// What must be said where there are more logs than one page can merge.
pub fn left_out(parts: &[Vec<Series>]) -> Option<Text> {
    let more: usize = parts.iter().skip(1).map(Vec::len).sum();
    (more > 0).then(|| {
        text!(
            "{most} logs are shown at a time; {more} are left out here. Choose which, or search everything.",
            most = MOST_SERIES,
            more
        )
    })
}

fn head(view: &View, filter: Form) -> Page {
    let follow = View { follow: !view.follow, cursor: None, ..view.clone() };
    let follow = match view.follow {
        true => follow.action("Pause", "lines"),
        false => follow.action("Follow", "lines").primary(),
    };
    let page = Page::new("Logs")
        .action(follow)
        .action(Action::new("Errors", "errors"))
        .action(Action::new("Files", "files"))
        .block("filter", filter)
        .block("narrowed", actions(chosen(view)));
    match &view.filter.person {
        Some(person) => page.block("person", panel(format!("person:{person}"))),
        None => page,
    }
}

/// What narrows the lines to something: each a button that takes it away. Behind them, what can be done with all of it.
fn chosen(view: &View) -> Vec<Action> {
    let filter = &view.filter;
    let without = |label: Text, filter: Filter| View { filter, cursor: None, ..view.clone() }.action(label, "lines");
    let mut all = vec![];
    if let Some(request) = &filter.request {
        all.push(without(text!("Request {request} ×", request), Filter { request: None, ..filter.clone() }));
    }
    if let Some(person) = &filter.person {
        let person = shown::person(person);
        all.push(without(text!("Person {person} ×", person), Filter { person: None, ..filter.clone() }));
    }
    if let Some(plugin) = &filter.plugin {
        all.push(without(text!("Plugin {plugin} ×", plugin), Filter { plugin: None, ..filter.clone() }));
    }
    all.extend([view.action("Download these lines", "export"), view.action("Remember this view", "remember")]);
    all
}

fn how_far(found: &Step, more: bool) -> Content {
    let Looked { time, bytes, of } = found.looked;
    let (bytes, of) = (shown::amount(bytes), shown::amount(of));
    let words = match (more, time) {
        (false, _) => text!("All of it was looked through: {of}.", of),
        (true, Some(time)) => text!(
            "Looked back to {time} UTC: {bytes} of {of}.",
            time = time::written(time)[..19].replace('T', " "),
            bytes,
            of
        ),
        (true, None) => text!("Looked through {bytes} of {of}.", bytes, of),
    };
    prose(words)
}

fn further(view: &View, older: RouteRef, nothing: bool) -> Content {
    let everything = view.action("Search everything", "search");
    let values = older.query.into_iter();
    let look =
        values.fold(Action::new("Search older lines", "lines"), |action, (name, value)| action.value(name, value));
    match nothing {
        true => actions([look.primary(), everything]),
        false => actions([everything]),
    }
}

/// A value that cannot be meant: its field, and why.
type Mistake = (String, Wrong);

/// A page that says what cannot be asked for, where it was typed; everything else stays as it was asked.
fn mistaken(request: &Request, wrong: Wrong) -> Page {
    let pairs = &request.query;
    let alone = |pair: &(String, String)| View::of(std::slice::from_ref(pair)).err();
    let mut mistakes: Vec<Mistake> = pairs.iter().filter_map(|pair| Some((pair.0.clone(), alone(pair)?))).collect();
    if mistakes.is_empty() {
        // What is wrong with all of them together.
        mistakes.push(("file".to_owned(), wrong));
    }
    let kept: Vec<_> = pairs.iter().filter(|pair| alone(pair).is_none()).cloned().collect();
    with_mistake(&View::of(&kept).unwrap_or_default(), &directories::all().series, Some(request), &mistakes)
}

fn with_mistake(view: &View, all: &[Series], typed: Option<&Request>, mistakes: &[Mistake]) -> Page {
    let form = fields::filter(view, all);
    let form = match typed {
        Some(request) => form.refill(request),
        None => form,
    };
    let error = |(name, wrong): &Mistake| FieldError {
        field: name.clone(),
        message: data(wrong.to_string()),
        line: None,
        column: None,
    };
    let errors: Vec<FieldError> = mistakes.iter().map(error).collect();
    head(view, form.errors(&errors)).block("lines", log([]))
}
