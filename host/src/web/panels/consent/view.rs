//! The panel as its template sees it.

use std::collections::BTreeSet;

use serde::Serialize;
use vestry_capabilities::hands_on;
use vestry_catalog::order::Choice;
use vestry_catalog::{Capability, CatalogError, Entitlement, Known, quoted};
use vestry_identity::Caller;
use vestry_phrases::phrase;
use vestry_storage::Reader;

use crate::installer::grants::{GRANT, PLACE};
use crate::installer::package;
use crate::web::panels::consent::asks::{Group, groups};
use crate::web::panels::consent::order::OrderView;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// What somebody has said already, where the panel is shown once more; else where it is shown.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Where to go afterwards.
    pub back: String,
    /// The plugin on whose page it is.
    pub through: String,
    /// What was sent; none as long as nothing was.
    pub sent: Option<Sent>,
    pub error: Option<String>,
}

/// What was ticked and typed.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    pub wanted: BTreeSet<Capability>,
    pub mount: String,
    pub take_over: bool,
    pub data: Option<Choice>,
    pub proposals: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Context<'a> {
    plugin: PluginView<'a>,
    /// Where this build runs; empty where it does not.
    mount: String,
    groups: Vec<Group>,
    /// Routes that let in more people than those of the version that runs, in words.
    opened: Vec<String>,
    /// Whether this person may tick anything.
    may_grant: bool,
    /// What is said where they may put a package in its place; none where it is in its place.
    order: Option<OrderView>,
    back: &'a str,
    through: &'a str,
    /// Whether the password is due.
    password: bool,
    error: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct PluginView<'a> {
    id: &'a str,
    title: String,
    version: &'a str,
    digest: &'a str,
    source: String,
    detail: &'a str,
}

/// What the rows say of a package at one moment.
#[derive(Debug)]
pub struct Facts {
    /// What runs of the same plugin, and where.
    pub running: Option<Known>,
    pub mount: Option<String>,
    pub entitlement: Entitlement,
    /// What it is granted itself.
    pub own: BTreeSet<Capability>,
    /// What the version that runs asks for, and was granted.
    pub former_asks: BTreeSet<Capability>,
    pub former_granted: BTreeSet<Capability>,
    /// Where plugins of its id first came from, where that is elsewhere.
    pub stranger_to: Option<String>,
}

impl Facts {
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn read(reader: &Reader<'_>, caller: &Caller, package: &Known) -> Result<Self, CatalogError> {
        let (row, holds) = (&package.row, &caller.permissions);
        let gives = |source: &str, ask: &Capability| hands_on(holds, source, ask);
        let (running, place) = (Known::running(reader, &row.id)?, reader.plugin(&row.id)?);
        let granted = |digest: &str| -> Result<BTreeSet<Capability>, CatalogError> {
            let rows = reader.grants(&row.id, digest)?;
            Ok(rows.iter().filter_map(|grant| grant.capability.parse().ok()).collect())
        };
        let owner = reader.owner(&row.id)?;
        let same_source = running.as_ref().filter(|running| running.row.source == row.source);
        Ok(Self {
            entitlement: Entitlement::of(reader, package, running.as_ref(), &gives)?,
            own: granted(&row.digest)?,
            former_asks: same_source.map(asks).unwrap_or_default(),
            former_granted: same_source.map(|running| granted(&running.row.digest)).transpose()?.unwrap_or_default(),
            stranger_to: owner.map(|owner| owner.source).filter(|source| *source != row.source),
            mount: place.map(|place| place.mount),
            running,
        })
    }

    /// Whether this build runs.
    #[must_use]
    pub fn runs(&self, package: &Known) -> bool {
        self.running.as_ref().is_some_and(|running| running.row.digest == package.row.digest)
    }
}

/// Where a package is from, for people.
#[must_use]
pub fn source(visit: &Visit, known: &str) -> String {
    match known {
        vestry_catalog::SHIPPED => visit.phrase(phrase!("the server itself")).to_owned(),
        package::FILE => visit.phrase(phrase!("a file")).to_owned(),
        other => other.to_owned(),
    }
}

fn asks(package: &Known) -> BTreeSet<Capability> {
    package.asks().into_iter().map(|ask| ask.capability).collect()
}

impl<'a> Context<'a> {
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn of(visit: &Visit, caller: &Caller, package: &'a Known, said: &'a Said) -> Result<Self, Problem> {
        let app = visit.app();
        let internal = |error: &dyn std::fmt::Display| Problem::internal(error);
        let secrets = app.services().secrets.list().map_err(|error| internal(&error))?;
        let (may_grant, may_place) = (caller.permissions.holds_name(GRANT), caller.permissions.holds_name(PLACE));
        let (facts, order) = app
            .database()
            .read(|reader| {
                let facts = Facts::read(reader, caller, package)?;
                let order = match may_place && !facts.runs(package) {
                    true => Some(OrderView::of(reader, visit, caller, package, &facts, said.sent.as_ref(), may_grant)?),
                    false => None,
                };
                Ok::<_, CatalogError>((facts, order))
            })
            .map_err(|error| internal(&error))?;
        let Known { row, info } = package;
        Ok(Self {
            plugin: PluginView {
                id: &row.id,
                title: quoted(&info.title),
                version: &row.version,
                digest: &row.digest,
                source: source(visit, &row.source),
                detail: &row.detail,
            },
            mount: facts.mount.clone().filter(|_| facts.runs(package)).unwrap_or_default(),
            groups: groups(visit, caller, package, &facts, said.sent.as_ref(), order.is_some(), &secrets),
            opened: facts
                .entitlement
                .opened
                .iter()
                .filter(|_| order.is_some())
                .map(|route| visit.words(route))
                .collect(),
            may_grant,
            order,
            back: &said.back,
            through: &said.through,
            password: !caller.is_fresh(app.identity().clock().now()),
            error: said.error.as_deref(),
        })
    }
}
