//! One account: what is known of it, and a form for each thing that can be changed, for those who may change it.
//!
//! Each form carries the version of the account that it was made from. Where somebody else was quicker, nothing is
//! written and the account is shown as it is now. Programs may leave the version out.

use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, Change, Mode, Privilege, User};

use crate::shared::{account as find, all_done, name_of, privilege_boxes, title_of};

pub fn account(request: &Request) -> Result<Page> {
    page(request, &find(request)?, &[])
}

pub fn rename(request: &Request) -> Result<Response> {
    change(request, "name", |_| {
        let name = request.form("name").required()?;
        Ok((
            vec![Change::Rename((request.param("key").to_owned(), name.to_owned()))],
            text!("The name is {name} now.", name),
        ))
    })
}

pub fn set_state(request: &Request) -> Result<Response> {
    change(request, "state", |user| {
        let active = request.form("active").is_ticked();
        let done = match active {
            true => text!("{name} can sign in again.", name = name_of(user)),
            false => text!("{name} can no longer sign in.", name = name_of(user)),
        };
        Ok((vec![Change::SetActive((user.id.clone(), active))], done))
    })
}

pub fn set_privileges(request: &Request) -> Result<Response> {
    change(request, "privileges", |user| {
        let wanted: Vec<&str> = request.form_all("privileges").collect();
        let changes = users::privileges()?
            .into_iter()
            .filter(|privilege| privilege.may_give)
            .filter_map(|Privilege { name, .. }| {
                match (user.privileges.contains(&name), wanted.contains(&name.as_str())) {
                    (false, true) => Some(Change::Give((user.id.clone(), name))),
                    (true, false) => Some(Change::Take((user.id.clone(), name))),
                    _ => None,
                }
            })
            .collect();
        Ok((changes, text!("The privileges of {name} are saved.", name = name_of(user))))
    })
}

/// Makes the changes that `wanted` names, if the account is still as the person saw it. Refusals stand at `field`.
fn change(
    request: &Request,
    field: &str,
    wanted: impl FnOnce(&User) -> Result<(Vec<Change>, Text)>,
) -> Result<Response> {
    let user = find(request)?;
    let seen = request.form("version").optional();
    if seen.is_some_and(|seen| seen != user.version.to_string()) {
        let meanwhile =
            invalid("state", "Somebody else changed this account meanwhile. Nothing was saved; this is how it is now.");
        return Err::<Page, _>(meanwhile).or_invalid(|errors| page(request, &user, errors));
    }
    let done = wanted(&user).and_then(|(changes, done)| {
        if !changes.is_empty() {
            all_done(users::apply(&changes, Mode::AllOrNothing)?, field)?;
        }
        Ok(Redirect::to(RouteRef::to("account").param("key", &user.id)).done(done))
    });
    done.or_invalid(|errors| page(request, &user, errors))
}

fn page(request: &Request, user: &User, errors: &[FieldError]) -> Result<Page> {
    let privileges = users::privileges()?;
    let mut page = Page::new(name_of(user).to_owned()).action(Action::new("All users", "list"));
    for (index, error) in errors.iter().filter(|error| error.field == "state").enumerate() {
        page = page.block(format!("notice-{index}"), notice(Level::Danger, error.message.clone()));
    }
    page = page.block("account", facts_of(user, &privileges));
    if request.may("users.write") {
        page = page.section(Section::new("rename", "Name").block("name", name_form(request, user, errors)));
    }
    if request.may("users.privileges") {
        page = page.section(privileges_section(request, user, &privileges, errors));
    }
    if request.may("users.activate") || request.may("users.delete") {
        page = page.section(Section::new("access", "Access").block("access", actions(access_buttons(user))));
    }
    Ok(page)
}

fn facts_of(user: &User, privileges: &[Privilege]) -> Content {
    let state = if user.active { badge("Active", Level::Success) } else { badge("Not active", Level::Warning) };
    let held = user.privileges.iter().map(|name| badge(title_of(privileges, name).to_owned(), Level::Neutral));
    facts([
        fact("E-mail", user.email.clone()),
        fact("State", state),
        fact("Privileges", held.collect::<Vec<_>>()),
        fact("Second factor", user.second_factor),
        fact("Created", Time(user.created)),
        fact("Last seen", user.last_seen.map(Time)),
    ])
}

fn button(label: &'static str, route: &str, user: &User) -> Action {
    Action::new(label, route).param("key", &user.id)
}

fn version(user: &User) -> Field {
    Field::hidden("version", user.version.to_string())
}

fn name_form(request: &Request, user: &User, errors: &[FieldError]) -> Form {
    let form = Form::new(button("Save the name", "rename", user).primary())
        .field(version(user))
        .field(Field::text("name", "Name").value(&user.name).required().max_length(200));
    again(form, "name", request, errors)
}

fn privileges_section(request: &Request, user: &User, privileges: &[Privilege], errors: &[FieldError]) -> Section {
    let may_give = |name: &str| privileges.iter().any(|privilege| privilege.may_give && privilege.name == name);
    let section = Section::new("privileges", "Privileges");
    if !privileges.iter().any(|privilege| privilege.may_give) {
        return section.block("locked", notice(Level::Neutral, "You hold no privilege that you could give."));
    }
    let form = Form::new(button("Save the privileges", "privileges", user).primary())
        .field(version(user))
        .field(privilege_boxes(privileges).values(user.privileges.iter().filter(|name| may_give(name))));
    let section = section.block("privileges", again(form, "privileges", request, errors));
    let locked: Vec<_> =
        user.privileges.iter().filter(|name| !may_give(name)).map(|name| title_of(privileges, name)).collect();
    match locked.is_empty() {
        true => section,
        false => section.block(
            "locked",
            notice(Level::Neutral, text!("Held, and not yours to change: {names}.", names = locked.join(", "))),
        ),
    }
}

/// The form as it was sent, where its field was wrong; else as it is.
fn again(form: Form, field: &str, request: &Request, errors: &[FieldError]) -> Form {
    let wrong: Vec<_> = errors.iter().filter(|error| error.field == field).cloned().collect();
    if wrong.is_empty() { form } else { form.refill(request).errors(&wrong) }
}

/// Who cannot sign in needs no password.
fn access_buttons(user: &User) -> Vec<Action> {
    let reset = button("Send a reset link", "reset", user);
    let (label, value) = if user.active { ("Deactivate", "0") } else { ("Activate", "1") };
    let state = button(label, "state", user).value("active", value).value("version", user.version.to_string());
    let delete = button("Delete the account", "ask-delete", user).danger();
    match user.active && user.email.is_some() {
        true => vec![reset, state, delete],
        false => vec![state, delete],
    }
}
