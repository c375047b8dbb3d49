//! Mails: rows from the moment they are queued until 30 days after they have left.
//!
//! A row is taken for a while by who delivers it, and that while counts as an attempt: whoever crashes meanwhile leaves
//! it to be taken again. What is still to be said stands sealed; this room cannot read it. How long a claim holds, and
//! how often a mail is tried, is decided above.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// A mail as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    pub id: String,
    /// Empty for the host's own.
    pub plugin: String,
    /// Name of a message of the plugin, or what the host's own is for, such as `invitation`.
    pub message: String,
    /// Id of an account, or of a visitor as the plugin knows it.
    pub recipient: String,
    pub address: String,
    pub subject: String,
    /// What it says, sealed; none where nobody needs it any longer.
    pub sealed: Option<Vec<u8>>,
    pub state: MailState,
    /// Attempts that began.
    pub attempts: u32,
    /// Why the latest attempt failed; empty for none.
    pub error: String,
    pub queued: u64,
    /// When it is to be tried next.
    pub due: u64,
    pub ended: Option<u64>,
}

/// What a mail is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    Queued,
    Sent,
    Failed,
}

/// All of them, with their names.
const STATES: &[(MailState, &str)] =
    &[(MailState::Queued, "queued"), (MailState::Sent, "sent"), (MailState::Failed, "failed")];

impl MailState {
    #[must_use]
    pub fn name(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("queued", |(_, name)| name)
    }

    fn parse(name: &str) -> Self {
        STATES.iter().find(|(_, known)| *known == name).map_or(Self::Failed, |(state, _)| *state)
    }
}

/// A mail to be queued; due at once.
#[derive(Clone, Copy, Debug)]
pub struct NewMail<'a> {
    pub id: &'a str,
    pub plugin: &'a str,
    pub message: &'a str,
    pub recipient: &'a str,
    pub address: &'a str,
    pub subject: &'a str,
    pub sealed: &'a [u8],
    pub queued: u64,
}

/// How many mails a plugin has queued since a time, and how many of them to one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailCount {
    pub all: u64,
    pub to_address: u64,
}

/// Behind which mail a page of them begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailCursor {
    pub queued: u64,
    pub id: String,
}

const COLUMNS: &str =
    "id, plugin, message, recipient, address, subject, sealed, state, attempts, error, queued, due, ended";

impl Reader<'_> {
    /// One mail.
    ///
    /// # Errors
    /// Where the database cannot be read, as with every function here.
    pub fn mail(&self, id: &str) -> Result<Option<MailRow>> {
        self.first(&format!("SELECT {COLUMNS} FROM mails WHERE id = ?"), [id], read_mail)
    }

    /// The latest first, behind the cursor.
    pub fn mails(&self, behind: Option<&MailCursor>, limit: u32) -> Result<Vec<MailRow>> {
        match behind {
            None => self.all(
                &format!("SELECT {COLUMNS} FROM mails ORDER BY queued DESC, id DESC LIMIT ?"),
                [limit],
                read_mail,
            ),
            Some(MailCursor { queued, id }) => self.all(
                &format!(
                    "SELECT {COLUMNS} FROM mails WHERE (queued, id) < (?, ?) ORDER BY queued DESC, id DESC LIMIT ?"
                ),
                params![queued, id, limit],
                read_mail,
            ),
        }
    }

    /// What a plugin has queued since a time.
    pub fn count_mails(&self, plugin: &str, address: &str, since: u64) -> Result<MailCount> {
        let counted = self.first(
            "SELECT COUNT(*), COUNT(CASE WHEN address = ?2 THEN 1 END) FROM mails WHERE plugin = ?1 AND queued > ?3",
            params![plugin, address, since],
            |row| Ok(MailCount { all: row.get(0)?, to_address: row.get(1)? }),
        )?;
        Ok(counted.unwrap_or_default())
    }

    /// When a mail is to be taken up next; none where none waits.
    pub fn next_mail_due(&self) -> Result<Option<u64>> {
        self.value("SELECT MIN(MAX(due, claimed_until)) FROM mails WHERE state = 'queued'", [])
    }
}

impl Transaction<'_> {
    /// Queues a mail.
    pub fn queue_mail(&self, mail: &NewMail<'_>) -> Result<()> {
        let NewMail { id, plugin, message, recipient, address, subject, sealed, queued } = mail;
        self.execute(
            "INSERT INTO mails (id, plugin, message, recipient, address, subject, sealed, state, attempts, error, queued, due, claimed_until) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', 0, '', ?8, ?8, 0)",
            params![id, plugin, message, recipient, address, subject, sealed, queued],
        )?;
        Ok(())
    }

    /// Takes mails that are due and that nobody else is at, the longest due first. Nobody else gets them until then.
    pub fn claim_mails(&self, now: u64, until: u64, limit: u32) -> Result<Vec<MailRow>> {
        let ids = self.all(
            "SELECT id FROM mails WHERE state = 'queued' AND due <= ?1 AND claimed_until <= ?1 ORDER BY due LIMIT ?2",
            params![now, limit],
            |row| row.get::<_, String>(0),
        )?;
        let sql =
            format!("UPDATE mails SET claimed_until = ?, attempts = attempts + 1 WHERE id = ? RETURNING {COLUMNS}");
        let mut claimed = Vec::with_capacity(ids.len());
        for id in ids {
            claimed.extend(self.first(&sql, params![until, id], read_mail)?);
        }
        Ok(claimed)
    }

    /// It has left. `attempt`: as it was claimed; one that was claimed again since is not this caller's any more. What it
    /// says is kept where it is to be shown. Answers whether it was so.
    pub fn mail_sent(&self, id: &str, attempt: u32, keep: bool, now: u64) -> Result<bool> {
        let sql = "UPDATE mails SET state = 'sent', error = '', ended = ?3, claimed_until = 0, \
                   sealed = CASE WHEN ?4 THEN sealed END WHERE id = ?1 AND attempts = ?2 AND state = 'queued'";
        Ok(self.execute(sql, params![id, attempt, now, keep])? > 0)
    }

    /// The attempt failed; it is tried again at a time, or has failed for good. Answers whether it was so.
    pub fn mail_not_sent(&self, id: &str, attempt: u32, error: &str, again: Option<u64>, now: u64) -> Result<bool> {
        let sql = "UPDATE mails SET error = ?3, claimed_until = 0, due = COALESCE(?4, due), \
                   state = CASE WHEN ?4 IS NULL THEN 'failed' ELSE 'queued' END, \
                   ended = CASE WHEN ?4 IS NULL THEN ?5 END WHERE id = ?1 AND attempts = ?2 AND state = 'queued'";
        Ok(self.execute(sql, params![id, attempt, error, again, now])? > 0)
    }

    /// Queues a mail that failed once more, as if it had never been tried. Answers whether it had failed.
    pub fn retry_mail(&self, id: &str, now: u64) -> Result<bool> {
        let sql = "UPDATE mails SET state = 'queued', attempts = 0, due = ?2, ended = NULL, claimed_until = 0 \
                   WHERE id = ?1 AND state = 'failed' AND sealed IS NOT NULL";
        Ok(self.execute(sql, params![id, now])? > 0)
    }

    /// Forgets mails that left or failed before a time. Answers their ids, and when they were queued.
    pub fn purge_mails(&self, before: u64) -> Result<Vec<(String, u64)>> {
        self.all("DELETE FROM mails WHERE ended < ? RETURNING id, queued", [before], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }
}

fn read_mail(row: &Row<'_>) -> rusqlite::Result<MailRow> {
    Ok(MailRow {
        id: row.get(0)?,
        plugin: row.get(1)?,
        message: row.get(2)?,
        recipient: row.get(3)?,
        address: row.get(4)?,
        subject: row.get(5)?,
        sealed: row.get(6)?,
        state: MailState::parse(&row.get::<_, String>(7)?),
        attempts: row.get(8)?,
        error: row.get(9)?,
        queued: row.get(10)?,
        due: row.get(11)?,
        ended: row.get(12)?,
    })
}

#[cfg(test)]
mod tests;
