//! The same page of accounts made natively, and a page of plain text: what a plugin's page is held against.
//!
//! Both have the session and the permission checked as every page has. The table goes straight from the database's rows
//! into the template, with no type of the contract between; the small form above it is the contract's, filled here.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::borrow::Cow;
use std::collections::HashMap;
use vestry::web::app::App;
use vestry::web::visit::Visit;
use vestry_contract::registration::Verb;
use vestry_contract::types::Text;
use vestry_contract::ui;
use vestry_identity::{Actor, privileges};
use vestry_screen::blocks::table::{ColumnView, TableView};
use vestry_screen::{Button, CellValue, PageParts, Place, RouteView, SectionParts};
use vestry_storage::AccountQuery;

/// The pages, to be merged into the server's own.
pub fn pages() -> Router<App> {
    Router::new().route("/host/accounts", get(accounts)).route("/host/plain", get(plain))
}

fn may(visit: &Visit) -> bool {
    visit.caller().is_some_and(|caller| caller.permissions.holds_name("users.read"))
}

async fn plain(visit: Visit) -> Response {
    if may(&visit) { "ok\n".into_response() } else { StatusCode::FORBIDDEN.into_response() }
}

async fn accounts(State(app): State<App>, visit: Visit, Query(query): Query<HashMap<String, String>>) -> Response {
    if !may(&visit) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match draw(&app, &visit, query.get("cursor").cloned()) {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn draw(app: &App, visit: &Visit, cursor: Option<String>) -> Result<String, crate::Failure> {
    let caller = visit.caller().ok_or("nobody is signed in")?;
    let frame = visit.frame();
    let known = app.database().read(|reader| privileges::list(reader, &Actor::of(caller)))?;
    let query = AccountQuery { cursor, limit: 50, ..AccountQuery::default() };
    let mut view = table_view();
    let mut rows = Vec::with_capacity(8 << 10);
    // The counts and cursors are known when the rows have been read, and the table's template wants them; so the rows
    // are drawn inside the table, and read just before.
    let found = app.database().read(|reader| reader.visit_accounts(&query, |account| rows.push(account.to_row())))?;
    view.total = found.total;
    view.next = found.next.map(|next| format!("/host/accounts?cursor={next}"));
    view.previous = found.previous.map(|previous| format!("/host/accounts?cursor={previous}"));
    let table = visit.screens().table(&frame, &view, |drawn| {
        rows.iter().try_for_each(|row| {
            drawn.row(
                &row.id,
                &[],
                &[
                    CellValue::Text(&row.name),
                    CellValue::Text(row.email.as_deref().unwrap_or_default()),
                    CellValue::Flag(row.active),
                    CellValue::Badges(&row.privileges),
                    CellValue::Time(row.created),
                    CellValue::Time(row.last_seen.unwrap_or(0)),
                ],
            )
        })
    })?;
    let form = visit.screens().block(&frame, &filter(&known), &NativePlace { visit })?;
    let parts = PageParts {
        title: "User List".into(),
        actions: vec![button("Invite somebody", "/users/invite", "primary", "get", &[])],
        sections: vec![SectionParts { layout: "stack", blocks: vec![form, table], ..SectionParts::default() }],
        ..PageParts::default()
    };
    Ok(visit.screens().compose(&frame, &parts)?)
}

fn table_view() -> TableView {
    let column = |key: &str, label: &str, sorts: bool| ColumnView {
        key: key.into(),
        label: label.into(),
        numeric: false,
        sort: sorts.then(|| format!("/host/accounts?sort={key}")),
        sorted: if key == "name" { "ascending" } else { "none" },
    };
    TableView {
        name: "users".into(),
        caption: "Users".into(),
        columns: vec![
            column("name", "Name", true),
            column("email", "E-mail", true),
            column("active", "Active", false),
            column("privileges", "Privileges", false),
            column("created", "Created", true),
            column("last-seen", "Last seen", true),
        ],
        open: Some("/users/accounts/{key}".into()),
        bulk: vec![
            button("Activate", "/users/bulk/state", "neutral", "post", &[("change", "activate")]),
            button("Deactivate", "/users/bulk/state", "neutral", "post", &[("change", "deactivate")]),
            button("Give a privilege", "/users/bulk/privileges", "neutral", "post", &[("change", "give")]),
            button("Take a privilege", "/users/bulk/privileges", "neutral", "post", &[("change", "take")]),
        ],
        bulk_all: Some(Vec::new()),
        empty: "Nobody is here yet.".into(),
        ..TableView::default()
    }
}

fn button(label: &str, href: &str, level: &'static str, method: &'static str, fields: &[(&str, &str)]) -> Button {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Button { label: label.into(), level, method, href: href.into(), fields, confirm: None }
}

fn filter(known: &[privileges::PrivilegeView]) -> ui::Block {
    let phrase = |text: &str| Text::Phrase(text.to_owned());
    let nothing = || Text::Data(String::new());
    let choice = |value: &str, label: &str| ui::Choice { value: value.into(), label: phrase(label) };
    let field = |name: &str, label: &str, input: ui::Input| {
        ui::FormItem::Field(ui::Field {
            name: name.into(),
            label: phrase(label),
            help: nothing(),
            input,
            values: vec![String::new()],
            required: false,
            error: None,
            when: None,
            extra: Vec::new(),
        })
    };
    let every = std::iter::once(choice("", "Every privilege"));
    let privileges = every.chain(known.iter().map(|view| choice(&view.name, &view.title))).collect();
    let states = vec![choice("", "Active or not"), choice("active", "Active"), choice("inactive", "Not active")];
    let words = ui::TextInput { placeholder: phrase("Name or e-mail"), max_length: None, autocomplete: String::new() };
    let submit = ui::Action {
        label: phrase("Find"),
        route: "list".into(),
        params: Vec::new(),
        values: Vec::new(),
        level: ui::Level::Neutral,
        confirm: None,
    };
    let items = vec![
        field("q", "Name or e-mail", ui::Input::Text(words)),
        field("privilege", "Privilege", ui::Input::Select(privileges)),
        field("state", "State", ui::Input::Select(states)),
        field("sort", "", ui::Input::Hidden),
    ];
    let form = ui::Form { items, submit, others: Vec::new(), inline: true, extra: Vec::new() };
    ui::Block { name: "filter".into(), content: ui::Content::Form(form) }
}

struct NativePlace<'v> {
    visit: &'v Visit,
}

impl Place for NativePlace<'_> {
    fn route(&self, _: &str) -> Option<RouteView<'_>> {
        Some(RouteView { verb: Verb::Get, path: Cow::Borrowed("/host/accounts"), allowed: true })
    }

    fn contributed(&self, _: &str) -> Option<String> {
        None
    }

    fn text<'t>(&self, text: &'t Text) -> Cow<'t, str> {
        vestry_screen::plain_text(text)
    }

    fn panel(&self, _: &str) -> Option<vestry_screen::Html> {
        None
    }

    fn query(&self) -> &[(String, String)] {
        &[]
    }

    fn path(&self) -> &str {
        self.visit.path()
    }
}
