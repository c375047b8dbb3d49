//! Addresses that visitors have confirmed, each for one plugin, and the links with which they do.

use rusqlite::{Row, params};

use crate::{Attempts, Hash, Reader, Result, Transaction};

/// A link that confirms an address, told by the SHA-256 of its secret part. Gone once it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressLink {
    pub hash: Hash,
    pub plugin: String,
    /// As the plugin knows them.
    pub visitor: String,
    pub address: String,
    /// The page that they came from, as a path of this server.
    pub back: String,
    pub created: u64,
    pub expires: u64,
}

/// How often something may happen.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub most: u64,
    /// Milliseconds from the first time; at most an hour, because counts are kept that long.
    pub within: u64,
}

const COLUMNS: &str = "hash, plugin, visitor, address, back, created, expires";

impl Reader<'_> {
    /// The address that a visitor has confirmed.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn visitor_address(&self, plugin: &str, visitor: &str) -> Result<Option<String>> {
        self.first("SELECT address FROM visitor_addresses WHERE plugin = ? AND visitor = ?", [plugin, visitor], |row| {
            row.get(0)
        })
    }

    /// One link, if it still counts.
    pub fn address_link(&self, hash: &Hash, now: u64) -> Result<Option<AddressLink>> {
        let sql = format!("SELECT {COLUMNS} FROM address_links WHERE hash = ? AND expires > ?");
        self.first(&sql, params![hash, now], read_link)
    }
}

impl Transaction<'_> {
    /// Adds a link and voids every older one of this visitor. Forgets those of others that have expired.
    pub fn replace_address_link(&self, link: &AddressLink) -> Result<()> {
        let AddressLink { hash, plugin, visitor, address, back, created, expires } = link;
        self.execute(
            "DELETE FROM address_links WHERE (plugin = ? AND visitor = ?) OR expires <= ?",
            params![plugin, visitor, created],
        )?;
        self.execute(
            "INSERT INTO address_links (hash, plugin, visitor, address, back, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
            params![hash, plugin, visitor, address, back, created, expires],
        )?;
        Ok(())
    }

    /// Uses a link up, and confirms its address; none where it no longer counts.
    pub fn confirm_address(&self, hash: &Hash, now: u64) -> Result<Option<AddressLink>> {
        let Some(link) = self.address_link(hash, now)? else { return Ok(None) };
        self.execute("DELETE FROM address_links WHERE hash = ?", [hash])?;
        self.execute(
            "INSERT INTO visitor_addresses (plugin, visitor, address, confirmed) VALUES (?, ?, ?, ?) \
             ON CONFLICT (plugin, visitor) DO UPDATE SET address = excluded.address, confirmed = excluded.confirmed",
            params![link.plugin, link.visitor, link.address, now],
        )?;
        Ok(Some(link))
    }

    /// Notes that a visitor was here and had a mail sent to their address: it is theirs still, as if confirmed now.
    pub fn touch_visitor_address(&self, plugin: &str, visitor: &str, now: u64) -> Result<()> {
        let sql = "UPDATE visitor_addresses SET confirmed = ?3 WHERE plugin = ?1 AND visitor = ?2";
        self.execute(sql, params![plugin, visitor, now])?;
        Ok(())
    }

    /// Removes the addresses that were last confirmed or used before a time; those for plugins that are not mounted any
    /// more, before another; and links that have expired. Answers how many addresses.
    pub fn purge_visitor_addresses(&self, unused: u64, unmounted: u64, now: u64) -> Result<usize> {
        self.execute("DELETE FROM address_links WHERE expires <= ?", [now])?;
        let sql = "DELETE FROM visitor_addresses \
                   WHERE confirmed < ?1 OR (confirmed < ?2 AND plugin NOT IN (SELECT id FROM plugins))";
        self.execute(sql, [unused, unmounted])
    }

    /// Forgets a visitor's address. Answers whether there was one.
    pub fn forget_visitor_address(&self, plugin: &str, visitor: &str) -> Result<bool> {
        Ok(self.execute("DELETE FROM visitor_addresses WHERE plugin = ? AND visitor = ?", [plugin, visitor])? > 0)
    }

    /// Counts something for a subject, or answers that it happened as often as it may. Kept with failed sign-ins.
    pub fn count_within(&self, subject: &str, quota: Quota, now: u64) -> Result<bool> {
        let before = self.attempts(subject)?;
        let counted = if now < before.until { before.failures } else { 0 };
        if counted >= quota.most {
            return Ok(false);
        }
        let until = if counted == 0 { now + quota.within } else { before.until };
        self.set_attempts(subject, &Attempts { failures: counted + 1, last: now, until })?;
        Ok(true)
    }
}

fn read_link(row: &Row<'_>) -> rusqlite::Result<AddressLink> {
    Ok(AddressLink {
        hash: row.get(0)?,
        plugin: row.get(1)?,
        visitor: row.get(2)?,
        address: row.get(3)?,
        back: row.get(4)?,
        created: row.get(5)?,
        expires: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{AddressLink, Quota};
    use crate::{Database, PackageRow, PluginRow};

    fn link(number: u8, visitor: &str, created: u64) -> AddressLink {
        AddressLink {
            hash: [number; 32],
            plugin: "p".into(),
            visitor: visitor.into(),
            address: format!("{number}@example.org"),
            back: "/p".into(),
            created,
            expires: created + 100,
        }
    }

    #[test]
    fn a_link_confirms_once_in_time_and_until_the_next() {
        let database = Database::temporary().unwrap();
        let put = |link: AddressLink| database.write(|tx| tx.replace_address_link(&link)).unwrap();
        let confirm = |number: u8, now| database.write(|tx| tx.confirm_address(&[number; 32], now)).unwrap();
        let address = |visitor: &str| database.read(|reader| reader.visitor_address("p", visitor)).unwrap();
        put(link(1, "v", 10));
        put(link(2, "v", 20));
        put(link(3, "w", 20));
        assert_eq!(confirm(1, 30), None, "the next one voids it");
        assert_eq!(confirm(2, 120), None, "too late");
        assert_eq!(address("v"), None);
        assert_eq!(confirm(2, 119).unwrap().back, "/p");
        assert_eq!(confirm(2, 119), None, "a second time");
        assert_eq!(address("v").as_deref(), Some("2@example.org"));
        assert_eq!(address("w"), None, "another visitor");
        put(link(4, "v", 130));
        assert!(confirm(4, 131).is_some());
        assert_eq!(address("v").as_deref(), Some("4@example.org"), "a new address takes the place of the old one");
        assert!(database.write(|tx| tx.forget_visitor_address("p", "v")).unwrap());
        assert_eq!(address("v"), None);
    }

    #[test]
    fn addresses_go_when_they_are_not_used_and_sooner_with_their_plugin() {
        let database = Database::temporary().unwrap();
        let address = |visitor: &str| database.read(|reader| reader.visitor_address("p", visitor)).unwrap();
        let purge =
            |unused, unmounted, now| database.write(|tx| tx.purge_visitor_addresses(unused, unmounted, now)).unwrap();
        database
            .write(|tx| {
                tx.insert_package(&PackageRow {
                    digest: "d".into(),
                    id: "p".into(),
                    version: "1.0.0".into(),
                    source: "cli".into(),
                    registration: "{}".into(),
                    size: 1,
                    added: 1,
                    ..PackageRow::default()
                })?;
                tx.put_plugin(&PluginRow {
                    id: "p".into(),
                    digest: "d".into(),
                    mount: "p".into(),
                    enabled: true,
                    quarantined: None,
                    updated: 1,
                })?;
                for (number, visitor) in [(1, "v"), (2, "w")] {
                    tx.replace_address_link(&link(number, visitor, 10))?;
                    tx.confirm_address(&[number; 32], 20)?;
                }
                tx.touch_visitor_address("p", "w", 30)?;
                tx.replace_address_link(&link(3, "x", 10))
            })
            .unwrap();
        assert_eq!(purge(20, 30, 50), 0, "the plugin is mounted");
        assert_eq!(purge(21, 30, 50), 1);
        assert_eq!((address("v"), address("w").is_some()), (None, true), "the one that was used stays");
        assert!(database.write(|tx| tx.delete_plugin("p")).unwrap());
        assert_eq!(purge(21, 30, 109), 0);
        assert!(database.read(|reader| reader.address_link(&[3; 32], 50)).unwrap().is_some());
        assert_eq!(purge(21, 31, 110), 1);
        assert!(database.read(|reader| reader.address_link(&[3; 32], 50)).unwrap().is_none(), "it has expired");
    }

    #[test]
    fn so_many_within_so_long() {
        let database = Database::temporary().unwrap();
        let quota = Quota { most: 2, within: 100 };
        let counted = |subject: &str, now| database.write(|tx| tx.count_within(subject, quota, now)).unwrap();
        assert!(counted("a", 1_000) && counted("a", 1_050));
        assert!(!counted("a", 1_099));
        assert!(counted("b", 1_099), "another subject");
        assert!(counted("a", 1_100) && counted("a", 1_101));
        assert!(!counted("a", 1_102));
    }
}
