//! Tickets: what the host hands over to one account, once. What is handed over stands here sealed, and until it was shown.

use rusqlite::params;

use crate::{Hash, Reader, Result, Transaction};

/// A ticket as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRow {
    /// Such as `invitation`.
    pub purpose: String,
    /// Who it is handed over to.
    pub account: String,
    /// Id of the account that it is about.
    pub subject: String,
    pub sealed: Vec<u8>,
    /// Until when what is handed over can be used.
    pub good_until: u64,
    pub created: u64,
    pub expires: u64,
}

/// What is behind a ticket for one who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketState {
    /// To be handed over, for the only time.
    Fresh(TicketRow),
    /// Handed over before.
    Shown,
    /// Never there, over, or of somebody else.
    Unknown,
}

impl Reader<'_> {
    /// What is behind a ticket, for the account that it is for. Hands nothing over.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn ticket(&self, hash: &Hash, account: &str, now: u64) -> Result<TicketState> {
        let found = self.first(
            "SELECT purpose, subject, sealed, good_until, created, expires FROM tickets \
             WHERE hash = ? AND account = ? AND expires > ?",
            params![hash, account, now],
            |row| {
                Ok(TicketRow {
                    purpose: row.get(0)?,
                    account: account.to_owned(),
                    subject: row.get(1)?,
                    sealed: row.get(2)?,
                    good_until: row.get(3)?,
                    created: row.get(4)?,
                    expires: row.get(5)?,
                })
            },
        )?;
        Ok(match found {
            None => TicketState::Unknown,
            Some(ticket) if ticket.sealed.is_empty() => TicketState::Shown,
            Some(ticket) => TicketState::Fresh(ticket),
        })
    }
}

impl Transaction<'_> {
    /// Adds a ticket. Forgets those that are over.
    ///
    /// # Errors
    /// Where the database cannot be written, as with every function here.
    pub fn insert_ticket(&self, hash: &Hash, ticket: &TicketRow) -> Result<()> {
        let TicketRow { purpose, account, subject, sealed, good_until, created, expires } = ticket;
        self.purge_tickets(*created)?;
        self.execute(
            "INSERT INTO tickets (hash, purpose, account, subject, sealed, good_until, created, expires) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            params![hash, purpose, account, subject, sealed, good_until, created, expires],
        )?;
        Ok(())
    }

    /// Hands over what is behind a ticket, to the account that it is for: what was sealed is gone from here afterwards.
    pub fn show_ticket(&self, hash: &Hash, account: &str, now: u64) -> Result<TicketState> {
        let state = self.ticket(hash, account, now)?;
        if matches!(state, TicketState::Fresh(_)) {
            self.execute("UPDATE tickets SET sealed = x'' WHERE hash = ?", [hash])?;
        }
        Ok(state)
    }

    /// Removes tickets that are over. Answers how many.
    pub fn purge_tickets(&self, now: u64) -> Result<usize> {
        self.execute("DELETE FROM tickets WHERE expires <= ?", [now])
    }
}

#[cfg(test)]
mod tests {
    use super::{TicketRow, TicketState};
    use crate::{Database, NewAccount};

    #[test]
    fn a_ticket_hands_over_once_in_time_and_to_its_account() {
        let database = Database::temporary().unwrap();
        let ticket = TicketRow {
            purpose: "reset".into(),
            account: "one".into(),
            subject: "two".into(),
            sealed: vec![1, 2, 3],
            good_until: 9_000,
            created: 10,
            expires: 100,
        };
        database
            .write(|tx| {
                tx.insert_account(&NewAccount { id: "one", email: None, name: "A", created: 1 })?;
                tx.insert_ticket(&[1; 32], &ticket)?;
                tx.insert_ticket(&[2; 32], &ticket)
            })
            .unwrap();
        let show =
            |number: u8, account: &str, now| database.write(|tx| tx.show_ticket(&[number; 32], account, now)).unwrap();
        assert_eq!(show(1, "two", 50), TicketState::Unknown, "of somebody else");
        assert_eq!(show(1, "one", 100), TicketState::Unknown, "too late");
        assert_eq!(show(3, "one", 50), TicketState::Unknown);
        let look = || database.read(|reader| reader.ticket(&[1; 32], "one", 50)).unwrap();
        assert_eq!((look(), look()), (TicketState::Fresh(ticket.clone()), TicketState::Fresh(ticket.clone())));
        assert_eq!(show(1, "one", 50), TicketState::Fresh(ticket.clone()));
        assert_eq!(show(1, "one", 51), TicketState::Shown);
        assert_eq!(database.write(|tx| tx.purge_tickets(100)).unwrap(), 2);
        assert_eq!(show(2, "one", 50), TicketState::Unknown);
    }
}
