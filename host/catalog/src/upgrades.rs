//! Newer versions of the program, and of what it brought along.

use vestry_contract::packages::Upgrade;
use vestry_contract::types::Text;
use vestry_storage::{PackageRow, Reader};

use crate::facts::Facts;
use crate::known::{Known, Result, is_newer};
use crate::newer::Newer;
use crate::order::HOST;

/// As packages name what came with the program.
pub const SHIPPED: &str = "shipped";
/// As they name what somebody sent as a file: whoever did.
pub const FILE: &str = "file";

/// The program first, with nothing for `newer` where nothing newer is known; then the plugins that something newer is known of.
///
/// # Errors
///
/// Where the database cannot be read.
pub fn upgrades(reader: &Reader<'_>, facts: &dyn Facts) -> Result<Vec<Upgrade>> {
    let checks = reader.package_checks()?;
    let check = |plugin: &str| checks.iter().find(|check| check.plugin == plugin);
    let mut found = Vec::new();
    let current = facts.version();
    let announced = check(HOST).filter(|check| is_newer(&check.newer, &current));
    let (newer, notes, how) = match announced.map(|check| (check.newer.clone(), Newer::parse(&check.origin))) {
        Some((newer, Some(Newer::Program { notes, how }))) => (newer, notes, how),
        _ => (String::new(), String::new(), String::new()),
    };
    found.push(Upgrade { id: String::new(), current, newer, notes, how: Text::Data(how) });
    for plugin in reader.plugins()? {
        let Some(package) = Known::named(reader, &plugin.digest)? else { continue };
        if package.row.source != SHIPPED {
            continue;
        }
        let current = package.row.version.clone();
        let announced = check(&plugin.id).filter(|check| is_newer(&check.newer, &current));
        let announced = announced.and_then(|check| match Newer::parse(&check.origin)? {
            Newer::Announced { notes, .. } => Some((check.newer.clone(), notes)),
            Newer::Source { .. } | Newer::Program { .. } => None,
        });
        let brought = newer_shipped(&package.row, facts).map(|version| (version, String::new()));
        let newest = match (announced, brought) {
            (Some(announced), Some(brought)) if is_newer(&brought.0, &announced.0) => Some(brought),
            (announced, brought) => announced.or(brought),
        };
        found.extend(newest.map(|(newer, notes)| Upgrade {
            id: plugin.id,
            current,
            newer,
            notes,
            how: Text::Data(String::new()),
        }));
    }
    Ok(found)
}

/// The version that the program brought along of what came with an earlier one, where that is newer.
pub(crate) fn newer_shipped(package: &PackageRow, facts: &dyn Facts) -> Option<String> {
    let shipped = facts.shipped().into_iter().find(|shipped| package.source == SHIPPED && shipped.id == package.id)?;
    Some(shipped.version).filter(|version| is_newer(version, &package.version))
}

#[cfg(test)]
mod tests {
    use vestry_contract::packages::{Limit, Used};
    use vestry_storage::{Database, PackageCheckRow};

    use super::*;
    use crate::facts::{Shipped, UNUSED};
    use crate::testing::{add, digest, info, mount};

    struct Brought(&'static str);

    impl Facts for Brought {
        fn used(&self, _: &str) -> (Used, Used) {
            (UNUSED, UNUSED)
        }
        fn broken(&self, _: &str) -> Option<String> {
            None
        }
        fn limits(&self, _: &[(String, u64)]) -> Vec<Limit> {
            Vec::new()
        }
        fn wrong_mount(&self, _: &str) -> Option<String> {
            None
        }
        fn shipped(&self) -> Vec<Shipped> {
            let digest = crate::Digest::parse(&digest("9")).unwrap();
            vec![Shipped { id: "org.vestry.a".into(), version: self.0.into(), digest }]
        }
        fn version(&self) -> String {
            "0.1.0".into()
        }
    }

    fn check(plugin: &str, newer: &str, origin: &Newer) -> PackageCheckRow {
        let origin = serde_json::to_string(origin).unwrap();
        PackageCheckRow { plugin: plugin.into(), newer: newer.into(), origin, checked: 5, problem: String::new() }
    }

    #[test]
    fn the_newest_of_what_was_brought_and_what_was_announced_is_said() {
        let database = Database::temporary().unwrap();
        let own = info("org.vestry.a", "1.0.0");
        mount(&database, &own, &add(&database, "1", &own, &[], SHIPPED), 5);
        let other = info("org.example.b", "1.0.0");
        mount(&database, &other, &add(&database, "2", &other, &[], "git x"), 5);
        let said = |brought| {
            let upgrades = database.read(|reader| upgrades(reader, &Brought(brought))).unwrap();
            upgrades
                .into_iter()
                .map(|it| format!("{} {} {} {}", it.id, it.current, it.newer, it.notes))
                .collect::<Vec<_>>()
        };
        assert_eq!(said("1.0.0"), [" 0.1.0  "]);
        assert_eq!(said("1.1.0"), [" 0.1.0  ", "org.vestry.a 1.0.0 1.1.0 "]);
        let sha256 = crate::Digest::parse(&digest("8")).unwrap();
        let component = "https://example.org/a.wasm".to_owned();
        let announced = Newer::Announced { notes: "Faster.".into(), component, sha256 };
        let program = Newer::Program { notes: "More.".into(), how: "Stop it first.".into() };
        let rows = [check("org.vestry.a", "1.2.0", &announced), check(HOST, "0.2.0", &program)];
        database.write(|tx| rows.iter().try_for_each(|row| tx.put_package_check(row))).unwrap();
        assert_eq!(said("1.1.0"), [" 0.1.0 0.2.0 More.", "org.vestry.a 1.0.0 1.2.0 Faster."]);
        assert_eq!(said("1.3.0"), [" 0.1.0 0.2.0 More.", "org.vestry.a 1.0.0 1.3.0 "]);
        database.write(|tx| tx.put_package_check(&check(HOST, "0.1.0", &program))).unwrap();
        assert_eq!(said("1.0.0"), [" 0.1.0  ", "org.vestry.a 1.0.0 1.2.0 Faster."], "it is that one by now");
    }
}
