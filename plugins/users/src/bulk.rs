//! Changing many accounts at once: first a rehearsal that counts and says who would be refused, then a button that
//! does it.

use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, BulkChange, Mode, Outcome};

use crate::selection::Selection;
use crate::shared::{name_of, title_of};

pub fn rehearse_state(request: &Request) -> Result<Response> {
    with_selection(request, |selection| {
        let change = state(request)?;
        rehearsal(request, selection, &change, "bulk-state-apply").map(Response::Page)
    })
}

pub fn apply_state(request: &Request) -> Result<Response> {
    with_selection(request, |selection| apply(selection, &state(request)?))
}

pub fn rehearse_privilege(request: &Request) -> Result<Response> {
    with_selection(request, |selection| {
        let page = match request.form("chosen").optional() {
            Some(_) => rehearsal(request, selection, &privilege(request)?, "bulk-privileges-apply")?,
            None => choose(request, selection)?,
        };
        Ok(Response::Page(page))
    })
}

pub fn apply_privilege(request: &Request) -> Result<Response> {
    with_selection(request, |selection| apply(selection, &privilege(request)?))
}

/// Goes back to the list with a word where nobody was ticked.
fn with_selection(request: &Request, then: impl FnOnce(&Selection) -> Result<Response>) -> Result<Response> {
    match Selection::read(request) {
        Ok(selection) => then(&selection),
        Err(Failure::Invalid(_)) => {
            Ok(Redirect::to("list").notice(Level::Warning, "Tick at least one row first.").into())
        }
        Err(failure) => Err(failure),
    }
}

fn state(request: &Request) -> Result<BulkChange> {
    match request.form("change").text() {
        "activate" => Ok(BulkChange::SetActive(true)),
        "deactivate" => Ok(BulkChange::SetActive(false)),
        _ => Err(invalid("change", "This is neither activate nor deactivate.")),
    }
}

fn privilege(request: &Request) -> Result<BulkChange> {
    let name = request.form("chosen").required()?.to_owned();
    match request.form("change").text() {
        "give" => Ok(BulkChange::Give(name)),
        "take" => Ok(BulkChange::Take(name)),
        _ => Err(invalid("change", "This is neither give nor take.")),
    }
}

/// Asks which privilege.
fn choose(request: &Request, selection: &Selection) -> Result<Page> {
    let giving = request.form("change").text() == "give";
    let (title, change) = if giving { ("Give a privilege", "give") } else { ("Take a privilege", "take") };
    let privileges = users::privileges()?;
    let may_give = privileges.iter().filter(|privilege| privilege.may_give);
    let choices: Vec<_> = may_give.map(|privilege| Choice::new(&privilege.name, &privilege.title)).collect();
    let page = Page::new(title).action(back());
    if choices.is_empty() {
        return Ok(page.block("none", notice(Level::Neutral, "You hold no privilege that you could give or take.")));
    }
    let form = Form::new(Action::new("See what would change", "bulk-privileges").primary())
        .field(Field::radio("chosen", "Which one?", choices).required())
        .field(Field::hidden("change", change));
    Ok(page.block("choose", selection.carry(form)))
}

fn rehearsal(request: &Request, selection: &Selection, change: &BulkChange, route: &str) -> Result<Page> {
    let outcome = selection.apply(change, Mode::Rehearse)?;
    let page =
        Page::new(title(change)?).lead("Nothing has changed yet.").action(back()).block("counts", counts(&outcome));
    let page = match outcome.changed {
        0 => page.block("nothing", notice(Level::Neutral, "There is nothing to do: nobody would change.")),
        changed => page.block("apply", do_it(request, selection, change, changed, route)),
    };
    match outcome.refused {
        0 => Ok(page),
        _ => Ok(page.section(refusals(&outcome)?)),
    }
}

/// The button that does it, with all that was rehearsed.
fn do_it(request: &Request, selection: &Selection, change: &BulkChange, changed: u64, route: &str) -> Form {
    let button = Action::new(text!("Change {count} accounts", count = changed), route).level(level(change));
    let form = selection.carry(Form::new(button)).field(Field::hidden("change", request.form("change").text()));
    match request.form("chosen").optional() {
        Some(chosen) => form.field(Field::hidden("chosen", chosen)),
        None => form,
    }
}

fn counts(outcome: &Outcome) -> Content {
    let count = |number: u64| Cell::Integer(number as i64);
    facts([
        fact("Would change", count(outcome.changed)),
        fact("Already so", count(outcome.unchanged)),
        fact("Refused", count(outcome.refused)),
    ])
}

/// Who would be refused, by name, and why: the first hundred of them.
fn refusals(outcome: &Outcome) -> Result<Section> {
    let ids: Vec<_> = outcome.refusals.iter().map(|refusal| refusal.id.clone()).collect();
    let people = users::get(&ids)?;
    let names = people.iter().zip(&ids).map(|(user, id)| user.as_ref().map_or(id.as_str(), name_of));
    let emails = people.iter().map(|user| user.as_ref().and_then(|user| user.email.as_deref()).unwrap_or_default());
    let table = Table::keyed(&ids)
        .column("name", "Name", names)
        .column("email", "E-mail", emails)
        .column("reason", "Why", outcome.refusals.iter().map(|refusal| &refusal.reason))
        .open("account")
        .total(Some(outcome.refused));
    Ok(Section::new("refused", "Refused").summary("These stay as they are.").block("refused", table))
}

fn apply(selection: &Selection, change: &BulkChange) -> Result<Response> {
    let Outcome { changed, refused, .. } = selection.apply(change, Mode::SkipRefused)?;
    let list = Redirect::to(selection.filter().route());
    let answer = match refused {
        0 => list.done(text!("{count} accounts changed.", count = changed)),
        _ => list.notice(
            Level::Warning,
            text!("{count} accounts changed, {refused} were refused.", count = changed, refused),
        ),
    };
    Ok(answer.into())
}

fn title(change: &BulkChange) -> Result<Text> {
    let name = match change {
        BulkChange::SetActive(true) => return Ok("Activate accounts".into()),
        BulkChange::SetActive(false) => return Ok("Deactivate accounts".into()),
        BulkChange::Give(name) | BulkChange::Take(name) => name,
    };
    let privileges = users::privileges()?;
    let privilege = title_of(&privileges, name);
    Ok(match change {
        BulkChange::Give(_) => text!("Give {privilege}", privilege),
        _ => text!("Take {privilege}", privilege),
    })
}

fn level(change: &BulkChange) -> Level {
    match change {
        BulkChange::SetActive(false) | BulkChange::Take(_) => Level::Danger,
        _ => Level::Primary,
    }
}

fn back() -> Action {
    Action::new("All users", "list")
}
