//! What is being done about packages at this moment: orders that wait or run.

use std::collections::BTreeSet;

use vestry_storage::{OpenPackageJob, Reader, StorageError};

use crate::order::{HOST, Order, Placing};

/// An order that has not ended yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnderWay {
    pub job: String,
    /// `fetch`, `place`, `check`.
    pub kind: String,
    /// The name of who ordered it; empty where nobody is known.
    pub by: String,
    pub digests: BTreeSet<String>,
    pub plugins: BTreeSet<String>,
    pub mounts: BTreeSet<String>,
}

/// All of them, in the order that they were queued.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn under_way(reader: &Reader<'_>) -> Result<Vec<UnderWay>, StorageError> {
    let open = reader.package_jobs_under_way(HOST)?;
    open.into_iter().map(|open| UnderWay::read(reader, open)).collect()
}

impl UnderWay {
    fn read(reader: &Reader<'_>, OpenPackageJob { row, by, input }: OpenPackageJob) -> Result<Self, StorageError> {
        let mut found = Self {
            job: row.job,
            kind: row.kind,
            by,
            digests: [row.digest].into(),
            plugins: [row.plugin].into(),
            mounts: [row.mount].into(),
        };
        if let Some(Order::Place { placings }) = input.and_then(|input| serde_json::from_str(&input).ok()) {
            placings.iter().try_for_each(|placing| found.add(reader, placing))?;
        }
        for names in [&mut found.digests, &mut found.plugins, &mut found.mounts] {
            names.remove("");
        }
        Ok(found)
    }

    fn add(&mut self, reader: &Reader<'_>, placing: &Placing) -> Result<(), StorageError> {
        self.digests.insert(placing.digest.to_string());
        if let Some((id, mount)) = place_of(reader, placing)? {
            self.plugins.insert(id);
            self.mounts.insert(mount);
        }
        Ok(())
    }

    /// Whether it puts something in a place that this would change as well.
    #[must_use]
    pub fn is_in_the_way_of(&self, plugin: &str, mount: &str) -> bool {
        self.kind == "place" && (self.plugins.contains(plugin) || self.mounts.contains(mount))
    }

    /// `Ann is changing it at this moment; wait until that is done`
    #[must_use]
    pub fn sentence(&self, what: &str) -> String {
        let by = if self.by.is_empty() { "Somebody" } else { &self.by };
        format!("{by} is changing {what} at this moment (job {}); wait until that is done, or cancel it", self.job)
    }
}

/// Which plugin an order puts where: where it is said, else where the plugin is, else where it asks to be. None for a package
/// that is not here.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn place_of(reader: &Reader<'_>, placing: &Placing) -> Result<Option<(String, String)>, StorageError> {
    let Some(row) = reader.package(placing.digest.as_str())? else { return Ok(None) };
    let mount = match &placing.mount {
        Some(mount) => mount.clone(),
        None => match reader.plugin(&row.id)? {
            Some(plugin) => plugin.mount,
            None => wish(&row.registration),
        },
    };
    Ok(Some((row.id, mount)))
}

/// Where a package asks to be.
fn wish(registration: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(registration).unwrap_or_default();
    value.get("mount").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use vestry_identity::{AccountId, Actor};
    use vestry_storage::{Database, NewAccount};

    use super::*;
    use crate::digest::Digest;
    use crate::order::Fetch;
    use crate::testing::{add, info};
    use crate::{Orderer, write_order};

    #[test]
    fn what_is_under_way_says_who_and_what() {
        let database = Database::temporary().unwrap();
        let ann = AccountId::generate().unwrap();
        let row = NewAccount { id: ann.as_str(), email: None, name: "Ann", created: 1 };
        database.write(|tx| tx.insert_account(&row)).unwrap();
        let ann = Actor { account: Some(ann), ..Actor::nobody() };
        let placing = |digest: &str| Placing {
            digest: Digest::parse(digest).unwrap(),
            mount: None,
            swap: false,
            take_over: false,
            data: None,
            expected: None,
            replaces: None,
            proposals: Vec::new(),
            decided: false,
        };
        let digests = ["a", "b", "c"].map(|name| {
            let info = info(&format!("org.example.{name}"), "1.0.0");
            add(&database, name, &info, &[], "file")
        });
        let orders = [
            (&ann, Order::Place { placings: vec![placing(&digests[0]), placing(&digests[1])] }),
            (&Actor::console(), Order::Place { placings: vec![placing(&digests[2])] }),
            (&ann, Order::Fetch(Fetch::Shipped { plugin: "org.vestry.anything".into() })),
        ];
        for (number, (actor, order)) in orders.iter().enumerate() {
            let by = Orderer { actor, token: None, through: "" };
            database.write(|tx| write_order(tx, &format!("j{number}"), order, &by, 10)).unwrap();
        }
        let found = database.read(under_way).unwrap();
        let said: Vec<_> = found.iter().map(|order| (&*order.job, &*order.kind, &*order.by)).collect();
        assert_eq!(said, [("j0", "place", "Ann"), ("j1", "place", ""), ("j2", "fetch", "Ann")]);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(found[0].plugins, names(&["org.example.a", "org.example.b"]));
        assert_eq!((&found[0].mounts, &found[0].digests), (&names(&["a", "b"]), &names(&[&digests[0], &digests[1]])));
        assert_eq!((&found[1].mounts, &found[1].digests), (&names(&["c"]), &names(&[&digests[2]])));
        assert_eq!(found[2].plugins, names(&["org.vestry.anything"]));
        database.write(|tx| tx.cancel_job("j0", 11)).unwrap();
        assert_eq!(database.read(under_way).unwrap().len(), 2);
    }
}
