//! What a package will hold once it is mounted, and whether it asks for more than what runs.

use std::collections::BTreeSet;

use vestry_storage::Reader;

use crate::capability::Capability;
use crate::known::{Known, Result};

/// What a package will hold, and what it asks for and will not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entitlement {
    pub granted: Vec<Capability>,
    pub refused: Vec<Capability>,
    /// Of what is granted, what the version that runs was granted, and this one was not itself: to be written down for it
    /// when it is mounted.
    pub carried: Vec<Capability>,
    /// What the version that runs does not ask for; all of it where nothing runs, or what runs is from elsewhere.
    pub wider: Vec<Capability>,
    /// Somebody has said what this package itself gets, or it was in its place before.
    pub decided: bool,
}

impl Entitlement {
    /// What is granted to this package itself; and where what runs is from the same source and asks for all that this asks
    /// for, also what that one was granted.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn of(reader: &Reader<'_>, package: &Known, running: Option<&Known>) -> Result<Self> {
        let asks: Vec<Capability> = package.asks().into_iter().map(|ask| ask.capability).collect();
        let own = granted(reader, package)?;
        let decided = !own.is_empty() || package.row.used > 0;
        let running = running
            .filter(|running| running.row.digest != package.row.digest && running.row.source == package.row.source);
        let (wider, former) = match running {
            Some(running) => (wider(package, running), granted(reader, running)?),
            None => (asks.clone(), BTreeSet::new()),
        };
        let mut entitlement = Self { wider, decided, ..Self::default() };
        let carries = running.is_some() && entitlement.wider.is_empty();
        for ask in asks {
            if own.contains(&ask) {
                entitlement.granted.push(ask);
            } else if carries && covers(&former, &ask) {
                entitlement.carried.push(ask.clone());
                entitlement.granted.push(ask);
            } else {
                entitlement.refused.push(ask);
            }
        }
        Ok(entitlement)
    }

    /// Whether it is to wait until somebody has said what it gets: it would take the place of a version that asks for less,
    /// and nobody has said so yet.
    #[must_use]
    pub fn waits(&self, running: Option<&Known>) -> bool {
        running.is_some() && !self.wider.is_empty() && !self.decided
    }
}

/// What one version asks for and the other does not.
#[must_use]
pub fn wider(package: &Known, running: &Known) -> Vec<Capability> {
    let before: BTreeSet<Capability> = running.asks().into_iter().map(|ask| ask.capability).collect();
    package.asks().into_iter().map(|ask| ask.capability).filter(|ask| !covers(&before, ask)).collect()
}

/// Whether something is among these, or less than something that is.
fn covers(held: &BTreeSet<Capability>, ask: &Capability) -> bool {
    held.contains(ask)
        || match ask {
            Capability::Directory { name, write: false } => {
                held.contains(&Capability::Directory { name: name.clone(), write: true })
            }
            _ => false,
        }
}

fn granted(reader: &Reader<'_>, package: &Known) -> Result<BTreeSet<Capability>> {
    let rows = reader.grants(&package.row.id, &package.row.digest)?;
    Ok(rows.iter().filter_map(|grant| grant.capability.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use vestry_contract::registration::{self, FileAccess, PluginInfo, Wish};
    use vestry_contract::types::Text;
    use vestry_storage::Database;

    use super::*;
    use crate::testing::{add, grant, info, mount};

    const ID: &str = "org.example.a";
    const KV: &str = "vestry:plugin/kv";
    const MAIL: &str = "vestry:plugin/mail";

    fn directory(access: FileAccess) -> PluginInfo {
        let capability = registration::Capability::Directory(("logs".into(), access));
        PluginInfo { wishes: vec![Wish { capability, reason: Text::Data("to read".into()) }], ..info(ID, "1.0.0") }
    }

    fn of(database: &Database, digest: &str) -> Entitlement {
        let found = database.read(|reader| {
            let (package, running) = (Known::read(reader, digest)?.unwrap(), Known::running(reader, ID)?);
            Entitlement::of(reader, &package, running.as_ref())
        });
        found.unwrap()
    }

    fn names(capabilities: &[Capability]) -> Vec<String> {
        capabilities.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn grants_go_over_to_what_asks_for_no_more_and_is_from_the_same_source() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &info(ID, "1.0.0"), &["vestry:plugin/kv@0.1.0", MAIL], "git x");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        grant(&database, ID, &one, KV);
        let same = of(&database, &add(&database, "2", &info(ID, "1.1.0"), &[KV, MAIL], "git x"));
        assert_eq!((names(&same.granted), names(&same.carried)), (vec![KV.to_owned()], vec![KV.to_owned()]));
        assert_eq!(names(&same.refused), [MAIL], "what was refused stays refused");
        let wider = of(&database, &add(&database, "3", &info(ID, "1.1.0"), &[KV, "vestry:plugin/jobs"], "git x"));
        assert!(wider.granted.is_empty() && names(&wider.wider) == ["vestry:plugin/jobs"]);
        let elsewhere = of(&database, &add(&database, "4", &info(ID, "1.1.0"), &[KV], "git y"));
        assert!(elsewhere.granted.is_empty() && names(&elsewhere.wider) == [KV]);
    }

    #[test]
    fn what_was_said_of_the_package_itself_counts_whatever_it_asks_for() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &info(ID, "1.0.0"), &[KV], "file");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        let two = add(&database, "2", &info(ID, "1.1.0"), &[KV, MAIL], "file");
        let running = || database.read(|reader| Known::running(reader, ID)).unwrap();
        assert!(of(&database, &two).waits(running().as_ref()));
        grant(&database, ID, &two, MAIL);
        let now = of(&database, &two);
        assert_eq!((names(&now.granted), names(&now.refused)), (vec![MAIL.to_owned()], vec![KV.to_owned()]));
        assert!(!now.waits(running().as_ref()) && now.carried.is_empty());
        assert!(!of(&database, &one).waits(running().as_ref()), "it was in its place before");
    }

    #[test]
    fn to_read_is_less_than_to_write() {
        let database = Database::temporary().unwrap();
        let one = add(&database, "1", &directory(FileAccess::ReadWrite), &[], "file");
        mount(&database, &info(ID, "1.0.0"), &one, 5);
        grant(&database, ID, &one, "directory-write logs");
        let reads = of(&database, &add(&database, "2", &directory(FileAccess::Read), &[], "file"));
        assert_eq!(names(&reads.granted), ["directory logs"]);
        let two = database.read(|reader| Known::read(reader, &crate::testing::digest("2"))).unwrap().unwrap();
        let one = database.read(|reader| Known::read(reader, &one)).unwrap().unwrap();
        assert_eq!((names(&wider(&one, &two)), wider(&two, &one)), (vec!["directory-write logs".to_owned()], vec![]));
    }
}
