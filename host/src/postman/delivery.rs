//! One mail: opened, drawn, handed over, and what came of it written down.

use serde_json::Value;
use vestry_capabilities::{Content, ContentError, Holder, SecretError};
use vestry_contract::types::Text;
use vestry_mail::{Address, Credentials, Letter, MessageId, SendError, Smtp, Subject, Transport};
use vestry_screen::{DrawnMail, ScreenError};
use vestry_storage::{MailRow, StorageError};

use crate::postman::{Post, again};

/// Why a mail cannot be put into words.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    #[error("nothing is left of what it says")]
    Gone,
    #[error(transparent)]
    Content(#[from] ContentError),
    /// An override of a template that is wrong can be mended.
    #[error("its template cannot be drawn: {0}")]
    Template(#[from] ScreenError),
}

/// Why a mail was not delivered.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error(transparent)]
    Draw(#[from] DrawError),
    #[error("{address}: {reason}")]
    Address { address: String, reason: vestry_mail::AddressError },
    #[error(transparent)]
    Id(#[from] vestry_mail::MessageIdError),
    #[error("the password for the mail server is not to be had: {0}")]
    Password(#[from] SecretError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Puts every text of a plugin into words. What an older version has sealed is in words already.
fn say(value: &mut Value, words: &impl Fn(&Text) -> String) {
    match value {
        Value::Object(map) => match serde_json::from_value::<Text>(Value::Object(map.clone())) {
            Ok(text) => *value = Value::String(words(&text)),
            Err(_) => map.values_mut().for_each(|value| say(value, words)),
        },
        Value::Array(values) => values.iter_mut().for_each(|value| say(value, words)),
        _ => {}
    }
}

impl DeliveryError {
    /// Whether another attempt may succeed, perhaps after somebody has mended something here.
    fn is_passing(&self) -> bool {
        match self {
            Self::Draw(DrawError::Template(_)) | Self::Password(_) => true,
            Self::Draw(DrawError::Gone | DrawError::Content(_)) | Self::Address { .. } | Self::Id(_) => false,
            Self::Send(error) => error.is_passing(),
        }
    }
}

impl Post {
    /// Puts a mail into words, with the templates of now.
    ///
    /// # Errors
    ///
    /// Where nothing is left of it, it was sealed with another key, or a template is wrong.
    pub fn draw(&self, mail: &MailRow) -> Result<DrawnMail, DrawError> {
        let sealed = mail.sealed.as_deref().ok_or(DrawError::Gone)?;
        let content = Content::open(self.services.secrets.vault(), &mail.id, sealed)?;
        let speech = self.languages.of_reader(Some(&content.language), "");
        let (name, language) = (content.template.name(), speech.language().tag());
        let mut context = content.context;
        say(&mut context, &|text| speech.text(&mail.plugin, text).into_owned());
        Ok(speech.screens().mail(name, (language, speech.direction()), &self.product, &context)?)
    }

    pub(super) fn now(&self) -> u64 {
        self.services.identity.clock().now()
    }

    /// Delivers a mail that was claimed, and writes down what came of it.
    pub(super) async fn deliver(self, mail: MailRow) {
        let outcome = self.attempt(&mail).await;
        match tokio::task::spawn_blocking(move || self.note(&mail, outcome)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what came of a mail cannot be written down"),
            Err(error) => tracing::error!(%error, "what came of a mail was not written down"),
        }
    }

    async fn attempt(&self, mail: &MailRow) -> Result<(), DeliveryError> {
        let letter = self.letter(mail)?;
        Ok(self.transport()?.send(&letter).await?)
    }

    fn letter(&self, mail: &MailRow) -> Result<Letter, DeliveryError> {
        let DrawnMail { subject, text, html } = self.draw(mail)?;
        let from = self.settings.from.clone();
        let to = mail
            .address
            .parse::<Address>()
            .map_err(|reason| DeliveryError::Address { address: mail.address.clone(), reason })?;
        let message_id = MessageId::new(&mail.id, &from)?;
        Ok(Letter { from, to, subject: Subject::of(&subject), text, html, message_id, written: mail.queued })
    }

    fn transport(&self) -> Result<Transport, SecretError> {
        let Some(smtp) = &self.settings.smtp else { return Ok(Transport::Directory(self.outbox.clone())) };
        let credentials = match &smtp.sign_in {
            None => None,
            Some(sign_in) => {
                let password = self.services.secrets.reveal(Holder::Host, sign_in.password.as_str())?;
                Some(Credentials { user: sign_in.user.clone(), password: password.expose().to_owned() })
            }
        };
        Ok(Transport::Smtp(Smtp {
            host: smtp.host.clone(),
            port: smtp.port,
            tls: smtp.tls,
            credentials,
            deadline: vestry_mail::DEADLINE,
        }))
    }

    fn note(&self, mail: &MailRow, outcome: Result<(), DeliveryError>) -> Result<(), StorageError> {
        let (database, now) = (&self.services.database, self.now());
        let (id, attempts) = (&mail.id, mail.attempts);
        match outcome {
            Ok(()) => {
                // In the directory it lies in clear anyhow, and the outbox shows it.
                let keep = self.settings.smtp.is_none();
                database.write(|tx| tx.mail_sent(id, attempts, keep, now))?;
                tracing::info!(mail = id, plugin = mail.plugin, message = mail.message, attempts, "a mail was sent");
            }
            Err(error) => {
                let due = error.is_passing().then(|| again(attempts, now)).flatten();
                let reason = self.services.secrets.words_of(Holder::Host).redact(&error.to_string()).into_owned();
                database.write(|tx| tx.mail_not_sent(id, attempts, &reason, due, now))?;
                let reason = without_addresses(&reason);
                tracing::warn!(mail = id, reason, attempts, tried_again = due.is_some(), "a mail was not sent");
            }
        }
        Ok(())
    }
}

/// Mail servers repeat whom they refuse. The outbox has it for who may read mails; logs are read by others.
fn without_addresses(reason: &str) -> String {
    let word = |word: &str| if word.contains('@') { "(an address)".to_owned() } else { word.to_owned() };
    reason.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn who_was_refused_is_not_logged() {
        let said = "550 5.1.1 <carl@example.org>: User unknown; carl@example.org\ttried";
        assert_eq!(without_addresses(said), "550 5.1.1 (an address) User unknown; (an address)");
    }
}
