//! Mails on their way into the queue: what they say is sealed before it is written anywhere.
//!
//! A mail of the host's own can hold a link that opens an account. So the content of every mail is sealed with the
//! server's key; the database knows who a mail goes to and what it is about, not what it says.

use serde::{Deserialize, Serialize};
use serde_json::json;
use vestry_storage::{NewMail, StorageError, Transaction};
use vestry_vault::{Vault, VaultError};

/// The pair of files in `templates/mail/` that a mail is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// What a plugin registered.
    Message,
    /// An account was made: a link under which its owner sets a password.
    Invitation,
    /// A link under which the owner of an account sets a new password.
    Reset,
    /// A link with which a visitor confirms an address.
    Address,
}

/// All of them, with their names.
const TEMPLATES: &[(Template, &str)] = &[
    (Template::Message, "message"),
    (Template::Invitation, "invitation"),
    (Template::Reset, "reset"),
    (Template::Address, "address"),
];

impl Template {
    /// The name of its files, without the ending.
    #[must_use]
    pub fn name(self) -> &'static str {
        TEMPLATES.iter().find(|(template, _)| *template == self).map_or("message", |(_, name)| name)
    }
}

/// What a mail says, before it is drawn. `context` is what its template is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub template: Template,
    /// BCP 47; empty for the server's own. It is drawn in it if that is offered then.
    pub language: String,
    /// Words of a plugin stand in it as [`Text`](vestry_contract::types::Text), to be said in that language.
    pub context: serde_json::Value,
}

/// Why the content of a mail cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error(transparent)]
    Sealed(#[from] VaultError),
    #[error("what the mail says is not what this version writes: {0}")]
    Form(#[from] serde_json::Error),
}

impl Content {
    /// Opens what was sealed for the mail of this id.
    ///
    /// # Errors
    /// Where it was sealed with another key, for another mail, or by a version that writes it differently.
    pub fn open(vault: &Vault, id: &str, sealed: &[u8]) -> Result<Self, ContentError> {
        Ok(serde_json::from_slice(&vault.open_bytes(&["mail", id], sealed)?)?)
    }
}

/// A mail of the host's own.
#[derive(Debug, Clone, Copy)]
pub struct HostMail<'a> {
    pub template: Template,
    /// Id of the account that it concerns, or of a visitor.
    pub recipient: &'a str,
    pub address: &'a str,
    /// For the greeting; empty for none.
    pub name: &'a str,
    /// Name of who caused it; empty for nobody.
    pub by: &'a str,
    /// An absolute URL that works once.
    pub link: &'a str,
    /// As in [`Content`].
    pub language: &'a str,
}

impl HostMail<'_> {
    /// Seals it, to be queued in a transaction.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn seal(&self, vault: &Vault) -> Result<SealedMail, VaultError> {
        let content = Content {
            template: self.template,
            language: self.language.to_owned(),
            context: json!({ "name": self.name, "by": self.by, "link": self.link }),
        };
        Ok(SealedMail {
            message: self.template.name().to_owned(),
            recipient: self.recipient.to_owned(),
            address: self.address.to_owned(),
            ..SealedMail::new(vault, &content)?
        })
    }
}

/// A mail that is ready to be written down.
#[derive(Debug, Clone)]
pub struct SealedMail {
    pub(super) id: String,
    /// Empty for the host's own.
    pub(super) plugin: String,
    pub(super) message: String,
    pub(super) recipient: String,
    pub(super) address: String,
    /// For the list of mails; empty for the host's own, which are known by what they are for.
    pub(super) subject: String,
    pub(super) sealed: Vec<u8>,
}

impl SealedMail {
    /// A mail with an id and sealed content, and nothing else yet.
    pub(super) fn new(vault: &Vault, content: &Content) -> Result<Self, VaultError> {
        let mut bytes = [0; 12];
        getrandom::fill(&mut bytes)?;
        let id = data_encoding::BASE32_DNSCURVE.encode(&bytes);
        let clear = json!({ "template": content.template, "language": content.language, "context": content.context });
        let sealed = vault.seal_bytes(&["mail", &id], clear.to_string().as_bytes())?;
        let empty = String::new;
        Ok(Self {
            id,
            plugin: empty(),
            message: empty(),
            recipient: empty(),
            address: empty(),
            subject: empty(),
            sealed,
        })
    }

    /// Queues it: it is delivered once the transaction stands. Whoever queues one wakes the delivery afterwards with
    /// [`vestry_events::Event::Work`].
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn queue(&self, tx: &Transaction<'_>, now: u64) -> Result<(), StorageError> {
        tx.queue_mail(&NewMail {
            id: &self.id,
            plugin: &self.plugin,
            message: &self.message,
            recipient: &self.recipient,
            address: &self.address,
            subject: &self.subject,
            sealed: &self.sealed,
            queued: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use vestry_storage::Database;

    use super::*;

    #[test]
    fn what_a_mail_says_is_in_the_database_only_sealed() {
        let vault = Vault::new([7; 32]);
        let database = Database::temporary().unwrap();
        let link = "https://vestry.example.org/account/link/q2w3e4r5t6";
        let mail = HostMail {
            template: Template::Invitation,
            recipient: "one",
            address: "anna@example.org",
            name: "Anna",
            by: "Berta",
            link,
            language: "",
        };
        let sealed = mail.seal(&vault).unwrap();
        database.write(|tx| sealed.queue(tx, 10)).unwrap();
        let row = database.read(|reader| reader.mails(None, 1)).unwrap().remove(0);
        assert_eq!(
            (row.message.as_str(), row.plugin.as_str(), row.address.as_str()),
            ("invitation", "", "anna@example.org")
        );
        let file = std::fs::read(database.path()).unwrap();
        let log = std::fs::read(database.path().with_extension("db-wal")).unwrap_or_default();
        for bytes in [&file, &log] {
            assert!(!bytes.windows(10).any(|window| window == b"q2w3e4r5t6"));
        }
        let content = Content::open(&vault, &row.id, row.sealed.as_deref().unwrap()).unwrap();
        assert_eq!((content.template, content.context["link"].as_str()), (Template::Invitation, Some(link)));
        assert!(Content::open(&vault, "another", row.sealed.as_deref().unwrap()).is_err());
    }

    #[test]
    fn every_template_has_a_name_of_its_own() {
        let mut names: Vec<_> = TEMPLATES.iter().map(|(template, _)| template.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TEMPLATES.len());
    }
}
