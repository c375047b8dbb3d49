//! A package on its way to its place: what has to be so for it to be put there, and everything that is written then.

use std::collections::BTreeSet;
use std::str::FromStr;

use vestry_capabilities::{Grants, hands_on};
use vestry_catalog::needs::Mounted;
use vestry_catalog::order::Placing;
use vestry_catalog::{Capability, Known, Plan, is_newer};
use vestry_contract::registration::PluginInfo;
use vestry_identity::privileges::{self, Declared, Proposal};
use vestry_identity::{Permission, Privilege};
use vestry_storage::{
    Entry, GrantRow, PackageEventKind, PackageEventRow, PluginRow, Reader, SpaceRow, StorageError, Transaction,
};

use crate::installer::commission::Commission;
use crate::installer::data::Change;
use crate::installer::package_error::PackageError;
use crate::registry::mount::Mount;

/// How a package comes to its place.
#[derive(Debug, Clone)]
pub(super) enum Manner {
    /// Somebody ordered it.
    Ordered,
    /// What took its place failed, for this reason.
    CameBack(String),
}

/// A package on its way.
#[derive(Debug)]
pub(super) struct Installation {
    pub(super) commission: Commission,
    wish: Placing,
    manner: Manner,
    pub(super) package: Known,
    pub(super) mount: Mount,
    grants: BTreeSet<Capability>,
}

impl Installation {
    /// Looks at what is in the way.
    pub(super) fn plan(
        reader: &Reader<'_>,
        commission: Commission,
        wish: Placing,
        manner: Manner,
    ) -> Result<Self, PackageError> {
        let plan = look(reader, &commission, &wish)?;
        // What is written has to find what was planned.
        let wish = plan.settled(wish);
        let mount = Mount::from_str(&plan.mount)?;
        let grants = granted(&plan, &wish).cloned().collect();
        Ok(Self { commission, wish, manner, package: plan.package, mount, grants })
    }

    pub(super) fn info(&self) -> &PluginInfo {
        &self.package.info
    }

    /// What it is going to hold.
    pub(super) fn held(&self) -> Grants {
        self.grants.iter().cloned().collect()
    }

    /// What becomes of the data.
    pub(super) fn change(&self, reader: &Reader<'_>) -> Result<Change, PackageError> {
        change(reader, &self.package, &self.wish)
    }

    /// Everything, where the data needs no new shape; otherwise nothing, and answers the data that does.
    pub(super) fn begin(&self, tx: &Transaction<'_>, now: u64) -> Result<Option<SpaceRow>, PackageError> {
        let PluginInfo { id, data_version, .. } = self.info();
        let change = self.change(tx)?;
        if let Change::Migrate(before) = change {
            return Ok(Some(before));
        }
        self.write(tx, now)?;
        if !change.make(tx, id, *data_version, now)? {
            return Err(PackageError::Busy(id.clone()));
        }
        if let Some(choice) = self.wish.data {
            self.audit(tx, "package.choose-data", "done", choice.name(), now)?;
        }
        Ok(None)
    }

    /// Writes everything but the data.
    pub(super) fn write(&self, tx: &Transaction<'_>, now: u64) -> Result<(), PackageError> {
        let plan = look(tx, &self.commission, &self.wish)?;
        let id = &self.info().id;
        if let Some(from) = &plan.takes_over {
            tx.change_owner(id, &self.package.row.source, now)?;
            let detail = format!("{from} -> {}", self.package.row.source);
            self.audit(tx, "package.take-over", "done", &detail, now)?;
        } else {
            tx.claim_owner(id, &self.package.row.source, now)?;
        }
        let displaced = plan.replaces.as_ref().map(|other| tx.plugin(&other.info.id)).transpose()?.flatten();
        if let Some(displaced) = &displaced {
            self.make_room(tx, displaced, now)?;
        }
        let (enabled, quarantined) = state(tx.plugin(id)?, &self.package.row.digest);
        tx.put_plugin(&PluginRow {
            id: id.clone(),
            digest: self.package.row.digest.clone(),
            mount: self.mount.to_string(),
            enabled,
            quarantined,
            updated: now,
        })?;
        self.grant(tx, &plan, now)?;
        self.declare(tx, now)?;
        tx.set_package_used(&self.package.row.digest, now)?;
        self.note(tx, &plan, now)?;
        tx.raise_generation()?;
        Ok(self.audit(tx, "package.mount", "done", &self.package.row.version, now)?)
    }

    /// Whoever is there goes: its packages, its grants and its data stay.
    fn make_room(&self, tx: &Transaction<'_>, displaced: &PluginRow, now: u64) -> Result<(), PackageError> {
        let reason = format!("{} took its place", self.package.called());
        tx.delete_plugin(&displaced.id)?;
        tx.add_package_event(&PackageEventRow {
            plugin: displaced.id.clone(),
            digest: displaced.digest.clone(),
            version: tx.package(&displaced.digest)?.map(|package| package.version).unwrap_or_default(),
            mount: displaced.mount.clone(),
            former: displaced.digest.clone(),
            former_plugin: displaced.id.clone(),
            ..self.event(PackageEventKind::Unmounted, &reason, now)
        })?;
        let actor = &self.commission.actor;
        Ok(tx.audit(&Entry {
            time: now,
            actor: actor.id(),
            actor_kind: actor.kind.name(),
            plugin: &displaced.id,
            digest: &displaced.digest,
            action: "plugin.unmount",
            subject: &displaced.mount,
            outcome: "done",
            detail: &reason,
            request: &actor.request,
        })?)
    }

    /// What the version that ran was granted goes over, where nobody has said otherwise.
    fn grant(&self, tx: &Transaction<'_>, plan: &Plan, now: u64) -> Result<(), PackageError> {
        let own = tx.grants(&self.info().id, &self.package.row.digest)?;
        for capability in granted(plan, &self.wish).map(Capability::to_string) {
            if own.iter().any(|grant| grant.capability == capability) {
                continue;
            }
            tx.insert_grant(&GrantRow {
                plugin: self.info().id.clone(),
                digest: self.package.row.digest.clone(),
                capability: capability.clone(),
                granted_by: self.commission.actor.id().to_owned(),
                granted: now,
            })?;
            self.audit(tx, "grant.carry-over", "done", &capability, now)?;
        }
        Ok(())
    }

    /// Notes its permissions, and lets privileges permit what somebody said yes to.
    fn declare(&self, tx: &Transaction<'_>, now: u64) -> Result<(), PackageError> {
        let declared = declared(self.info())?;
        privileges::declare(tx, &self.info().id, &declared)?;
        let mut accepted = proposals(&declared);
        accepted.retain(|proposal| self.wish.proposals.contains(&written(proposal)));
        Ok(privileges::accept(tx, &self.commission.actor, &accepted, now)?)
    }

    /// Adds to the history what happened to its place.
    fn note(&self, tx: &Transaction<'_>, plan: &Plan, now: u64) -> Result<(), PackageError> {
        let (row, id) = (&plan.package.row, &self.info().id);
        // Going forward again after having gone back is an update like any other: if it fails, it goes back.
        let is_older = |running: &Known| row.used > 0 && !is_newer(&row.version, &running.row.version);
        let (kind, reason) = match &self.manner {
            Manner::CameBack(reason) => (PackageEventKind::CameBack, reason.as_str()),
            Manner::Ordered if plan.running.as_ref().is_some_and(is_older) => (PackageEventKind::RolledBack, ""),
            Manner::Ordered => (PackageEventKind::Mounted, ""),
        };
        if kind == PackageEventKind::Mounted {
            // What its source said was said of another version.
            tx.delete_package_check(id)?;
        }
        let before = plan.replaces.as_ref().or(plan.running.as_ref());
        Ok(tx.add_package_event(&PackageEventRow {
            former: before.map(|former| former.row.digest.clone()).unwrap_or_default(),
            former_plugin: before.map(|former| former.info.id.clone()).unwrap_or_default(),
            ..self.event(kind, reason, now)
        })?)
    }

    /// Says that this version was not let in.
    pub(super) fn note_refusal(&self, tx: &Transaction<'_>, reason: &str, now: u64) -> Result<(), PackageError> {
        let running = tx.plugin(&self.info().id)?;
        tx.add_package_event(&PackageEventRow {
            former: running.as_ref().map(|plugin| plugin.digest.clone()).unwrap_or_default(),
            former_plugin: running.map(|plugin| plugin.id).unwrap_or_default(),
            ..self.event(PackageEventKind::Refused, reason, now)
        })?;
        Ok(self.audit(tx, "package.mount", "refused", reason, now)?)
    }

    fn event(&self, kind: PackageEventKind, reason: &str, now: u64) -> PackageEventRow {
        PackageEventRow {
            plugin: self.info().id.clone(),
            time: now,
            kind,
            digest: self.package.row.digest.clone(),
            version: self.package.row.version.clone(),
            mount: self.mount.to_string(),
            former: String::new(),
            former_plugin: String::new(),
            account: self.commission.account(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn audit(
        &self,
        tx: &Transaction<'_>,
        action: &str,
        outcome: &str,
        detail: &str,
        now: u64,
    ) -> Result<(), StorageError> {
        let actor = &self.commission.actor;
        tx.audit(&Entry {
            time: now,
            actor: actor.id(),
            actor_kind: actor.kind.name(),
            plugin: &self.info().id,
            digest: &self.package.row.digest,
            action,
            subject: self.mount.as_str(),
            outcome,
            detail,
            request: &actor.request,
        })
    }
}

/// Whether a package is switched on in its place, and why it is stopped there: what somebody switched off stays so
/// whichever version is put there; that a plugin was stopped was said of the version that failed.
fn state(before: Option<PluginRow>, digest: &str) -> (bool, Option<String>) {
    let enabled = before.as_ref().is_none_or(|before| before.enabled);
    (enabled, before.filter(|before| before.digest == digest).and_then(|before| before.quarantined))
}

/// What an order would do, if it may be carried out now.
fn look(reader: &Reader<'_>, commission: &Commission, wish: &Placing) -> Result<Plan, PackageError> {
    commission.check(reader)?;
    if let Some(package) = Known::read(reader, wish.digest.as_str())? {
        // What there is to choose from is said in more words here.
        change(reader, &package, wish)?;
    }
    let mut mounted = Mounted::read(reader)?;
    let holds = commission.actor.holds_now(reader)?;
    let gives = |source: &str, ask: &Capability| hands_on(&holds, source, ask);
    let job = commission.lease.as_ref().map(|lease| lease.job.as_str());
    let plan = Plan::make(reader, wish, &mut mounted, job, &gives)?;
    if !wish.decided && plan.entitlement.waits(plan.running.as_ref()) {
        let PluginInfo { id, version, .. } = &plan.package.info;
        let wider = plan.entitlement.more();
        return Err(PackageError::Wider { id: id.clone(), version: version.clone(), wider });
    }
    Ok(plan)
}

fn change(reader: &Reader<'_>, package: &Known, wish: &Placing) -> Result<Change, PackageError> {
    let PluginInfo { id, data_version, .. } = &package.info;
    let (active, retired) = (reader.active_space(id)?, reader.retired_spaces(id)?);
    Ok(Change::find(active, retired, *data_version, wish.data)?)
}

/// What a package holds by this order: where somebody has said what it gets, nothing beside that.
fn granted<'p>(plan: &'p Plan, wish: &Placing) -> impl Iterator<Item = &'p Capability> {
    let carried = if wish.decided { plan.entitlement.carried.as_slice() } else { &[] };
    plan.entitlement.granted.iter().filter(|granted| !carried.contains(granted))
}

fn declared(info: &PluginInfo) -> Result<Vec<Declared>, PackageError> {
    let declare = |permission: &vestry_contract::registration::Permission| {
        let name =
            Permission::parse(&permission.name).map_err(|error| PackageError::Problems(vec![error.to_string()]))?;
        let suggested = permission.suggested.iter().filter_map(|name| Privilege::parse(name).ok()).collect();
        Ok(Declared { name, title: vestry_screen::plain_text(&permission.title).into_owned(), suggested })
    };
    info.permissions.iter().map(declare).collect()
}

fn proposals(declared: &[Declared]) -> Vec<Proposal> {
    let of_one = |declared: &Declared| {
        let permission = declared.name.clone();
        declared
            .suggested
            .iter()
            .map(move |privilege| Proposal { privilege: privilege.clone(), permission: permission.clone() })
            .collect::<Vec<_>>()
    };
    declared.iter().flat_map(of_one).collect()
}

/// As orders name it.
fn written(Proposal { permission, privilege }: &Proposal) -> String {
    format!("{permission} {privilege}")
}

/// All that a package suggests of permissions that nobody has declared before, as orders name it.
///
/// # Errors
///
/// Where the database cannot be read.
pub(super) fn fresh_proposals(reader: &Reader<'_>, info: &PluginInfo) -> Result<Vec<String>, PackageError> {
    let known: BTreeSet<String> = reader.permissions()?.into_iter().map(|permission| permission.name).collect();
    let mut declared = declared(info)?;
    declared.retain(|declared| !known.contains(declared.name.as_str()));
    Ok(proposals(&declared).iter().map(written).collect())
}
