//! `mail`: kinds of mail that the plugin registered, sent in the server's name.
//!
//! What the plugin chooses is the message, the recipient, and values for its phrases; the address it never sees. The
//! mail is put together and sealed here, written down when the request takes effect ([`sealed`]), and drawn and
//! delivered by the rooms above. Who it went to is in the audit by account, not by address.

pub(crate) mod sealed;

use std::sync::Arc;

use serde_json::json;
use vestry_contract::mail::Recipient;
use vestry_contract::registration::MailMessage;
use vestry_contract::types::{Failure, Text};
use vestry_contract::ui::RouteRef;
use vestry_storage::{MailCount, Transaction};

use self::sealed::{Content, SealedMail, Template};
use crate::call::{Actor, Call, unavailable};
use crate::gate::Pass;
use crate::secret_store::Holder;
use crate::transaction::{CommitError, Write};
use crate::words;

/// Mails that a plugin may send in an hour, in all and to one address.
const MOST: u64 = 500;
const MOST_TO_ADDRESS: u64 = 20;
/// Milliseconds in which they are counted.
const HOUR: u64 = 60 * 60 * 1_000;
/// Values of one mail, and what they may hold together, in bytes.
const MOST_VALUES: usize = 50;
const LARGEST_VALUES: usize = 64 << 10;

/// A mail that waits for the request to take effect.
#[derive(Debug)]
pub(crate) struct QueuedMail(SealedMail);

/// Who a mail goes to.
struct Reached {
    /// Id of the account, or of the visitor as the plugin knows it.
    recipient: String,
    address: String,
    /// Of the account; empty for a visitor.
    name: String,
    /// What the account has chosen; empty where nothing.
    language: String,
}

pub(crate) async fn send(
    call: &mut Call,
    _pass: Pass,
    message: String,
    to: Recipient,
    values: Vec<(String, String)>,
    open: Option<RouteRef>,
) -> Result<(), Failure> {
    let bytes: usize = values.iter().map(|(name, value)| name.len() + value.len()).sum();
    if values.len() > MOST_VALUES || bytes > LARGEST_VALUES {
        return Err(Failure::Exhausted(format!(
            "a mail takes {MOST_VALUES} values of {LARGEST_VALUES} bytes all together"
        )));
    }
    let subject = Arc::clone(&call.settings()?.subject);
    let kind = subject.messages.iter().find(|kind| kind.name == message).ok_or_else(|| {
        Failure::NotFound(format!("there is no message `{message}`; a plugin lists its messages when it registers"))
    })?;
    let reached = reached(call, &to)?;
    within_limits(counted(call, &reached.address)?).map_err(Failure::Exhausted)?;
    let url = open.map(|route| url(call, kind, &route)).transpose()?;
    let mail = put_together(call, kind, &reached, &values, url)?;
    call.transaction.push(Write::Mail(QueuedMail(mail)));
    call.settle().await
}

/// Writes it down. Counted once more, because others may have sent in the meantime.
pub(crate) fn make(call: &Call, tx: &Transaction<'_>, mail: &QueuedMail, now: u64) -> Result<(), CommitError> {
    let QueuedMail(mail) = mail;
    let count = tx.count_mails(&mail.plugin, &mail.address, now.saturating_sub(HOUR))?;
    within_limits(count).map_err(CommitError::Exhausted)?;
    mail.queue(tx, now)?;
    // There is no row where it goes to an account.
    tx.touch_visitor_address(&mail.plugin, &mail.recipient, now)?;
    Ok(call.audit(tx, "mail.send", &mail.recipient, now)?)
}

fn reached(call: &Call, to: &Recipient) -> Result<Reached, Failure> {
    let account = match (to, call.actor()) {
        (Recipient::Account(id), _) => id.as_str(),
        // Whoever is signed in is known by an address already.
        (Recipient::Visitor, Actor::Person(caller) | Actor::Token(caller) | Actor::Job(caller)) => {
            caller.account.as_str()
        }
        (Recipient::Visitor, Actor::Visitor) => return visitor(call),
        (Recipient::Visitor, Actor::Nobody | Actor::Gone) => {
            return Err(Failure::NotFound("there is no visitor here".into()));
        }
    };
    let row = call.settings()?.services.database.read(|reader| reader.account(account)).map_err(unavailable)?;
    let nobody = || Failure::NotFound("there is no active account of that id with an address".into());
    let row = row.filter(|row| row.active).ok_or_else(nobody)?;
    let address = row.email.ok_or_else(nobody)?;
    let database = &call.settings()?.services.database;
    let language = database.read(|reader| reader.account_language(&row.id)).map_err(unavailable)?.unwrap_or_default();
    Ok(Reached { recipient: row.id, address, name: row.name, language })
}

fn visitor(call: &Call) -> Result<Reached, Failure> {
    let open = call.settings()?;
    let (plugin, visitor) = (&call.subject().id, &open.visitor);
    let address = open.services.database.read(|reader| reader.visitor_address(plugin, visitor)).map_err(unavailable)?;
    let address = address.filter(|_| !visitor.is_empty()).ok_or_else(|| {
        Failure::NotFound("this visitor has confirmed no address; the panel `address` asks for one".into())
    })?;
    Ok(Reached { recipient: visitor.clone(), address, name: String::new(), language: String::new() })
}

/// What was sent in the last hour, with what this request has noted so far.
fn counted(call: &Call, address: &str) -> Result<MailCount, Failure> {
    let since = call.now().saturating_sub(HOUR);
    let plugin = &call.subject().id;
    let database = &call.settings()?.services.database;
    let stored = database.read(|reader| reader.count_mails(plugin, address, since)).map_err(unavailable)?;
    let noted = || {
        call.transaction.writes().iter().filter_map(|write| match write {
            Write::Mail(QueuedMail(mail)) => Some(mail),
            _ => None,
        })
    };
    Ok(MailCount {
        all: stored.all + noted().count() as u64,
        to_address: stored.to_address + noted().filter(|mail| mail.address == address).count() as u64,
    })
}

fn within_limits(count: MailCount) -> Result<(), String> {
    if count.all >= MOST {
        return Err(format!("this plugin has sent {MOST} mails in this hour; that is the most"));
    }
    if count.to_address >= MOST_TO_ADDRESS {
        return Err(format!(
            "this plugin has sent {MOST_TO_ADDRESS} mails to this recipient in this hour; that is the most"
        ));
    }
    Ok(())
}

fn url(call: &Call, kind: &MailMessage, route: &RouteRef) -> Result<String, Failure> {
    if kind.button.is_none() {
        let message =
            format!("the message `{}` has no button that could lead to a page; register it with one", kind.name);
        return Err(Failure::Internal(message));
    }
    call.settings()?.surroundings.absolute(&call.subject().id, route).ok_or_else(|| {
        Failure::Internal(format!(
            "there is no GET route `{}` with these parameters that a mail could lead to",
            route.route
        ))
    })
}

fn put_together(
    call: &Call,
    kind: &MailMessage,
    reached: &Reached,
    values: &[(String, String)],
    url: Option<String>,
) -> Result<SealedMail, Failure> {
    let open = call.settings()?;
    let words = |text: &Text| words::filled(text, values);
    let subject = words::fill(&kind.subject, values);
    let button = kind.button.as_ref().zip(url).map(|(label, url)| json!({ "label": words(label), "url": url }));
    let content = Content {
        template: Template::Message,
        language: reached.language.clone(),
        context: json!({
            "subject": words(&kind.subject),
            "name": reached.name,
            "plugin": call.subject().title,
            "paragraphs": kind.paragraphs.iter().map(words).collect::<Vec<_>>(),
            "button": button,
        }),
    };
    // The subject stands in the row for the list of mails, so what the plugin was told in confidence is taken out of it.
    let shown = open.services.secrets.words_of(Holder::Plugin(&call.subject().id)).redact(&subject).into_owned();
    let mail = SealedMail::new(open.services.secrets.vault(), &content).map_err(|error| {
        tracing::error!(%error, "a mail could not be sealed");
        Failure::Unavailable("the server cannot seal the mail at the moment".into())
    })?;
    Ok(SealedMail {
        plugin: call.subject().id.clone(),
        message: kind.name.clone(),
        recipient: reached.recipient.clone(),
        address: reached.address.clone(),
        subject: shown,
        ..mail
    })
}
