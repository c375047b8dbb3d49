//! The list itself. The columns come from the host and go into the table as they are.

use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, FoundColumns, Privilege};

use crate::filter::Filter;

pub fn list(request: &Request) -> Result<Page> {
    let filter = Filter::read(|name| request.query(name).text());
    let cursor = request.query("cursor").optional().map(str::to_owned);
    let found = users::find_columns(&filter.query(cursor))?;
    let privileges = users::privileges()?;
    let page = Page::new("User List").action(Action::new("Invite somebody", "invite").primary());
    Ok(page.block("filter", filter_form(&filter, &privileges)).block("users", table(&filter, found)))
}

fn filter_form(filter: &Filter, privileges: &[Privilege]) -> Form {
    let named = privileges.iter().map(|privilege| Choice::new(&privilege.name, &privilege.title));
    let every = [Choice::new("", "Every privilege")].into_iter().chain(named);
    let states = [("", "Active or not"), ("active", "Active"), ("inactive", "Not active")];
    Form::new(Action::new("Find", "list"))
        .inline()
        .field(Field::text("q", "Name or e-mail").value(&filter.words).placeholder("Name or e-mail"))
        .field(Field::select("privilege", "Privilege", every).value(&filter.privilege))
        .field(Field::select("state", "State", states).value(&filter.state))
        .field(Field::hidden("sort", &filter.sort))
}

fn table(filter: &Filter, found: FoundColumns) -> Table {
    let turn = |cursor: Option<String>| cursor.map(|cursor| filter.route().query("cursor", cursor));
    let empty = match filter.is_narrow() {
        true => "Nobody matches. Try fewer words, or every privilege and state.",
        false => "Nobody is here yet. Invite the first person.",
    };
    Table::of(found.ids)
        .column("name", "Name", found.names)
        .sortable()
        .column("email", "E-mail", found.emails)
        .sortable()
        .column("active", "Active", found.active)
        .column("privileges", "Privileges", ColumnValues::badges(found.privileges))
        .column("created", "Created", ColumnValues::times(found.created))
        .sortable()
        .column("last-seen", "Last seen", ColumnValues::times(found.last_seen))
        .sortable()
        .sorted(&filter.sort)
        .open("account")
        .bulk(Action::new("Activate", "bulk-state").value("change", "activate"))
        .bulk(Action::new("Deactivate", "bulk-state").value("change", "deactivate"))
        .bulk(Action::new("Give a privilege", "bulk-privileges").value("change", "give"))
        .bulk(Action::new("Take a privilege", "bulk-privileges").value("change", "take"))
        .bulk_all()
        .total(found.total)
        .pages(turn(found.previous), turn(found.next))
        .empty(empty)
}
