//! `users.invite` and `users.reset-password`: links under which somebody sets a password.
//!
//! The link goes to its owner by mail, and to who asked for it through a ticket: the plugin is answered the ticket, names
//! it in the panel `handover:TICKET`, and the host draws the link there, once, for that account. So the link passes
//! through no plugin. It is in the database as a hash that opens the account, sealed in the mail until that has left,
//! and sealed behind the ticket until it was shown.
//!
//! Who may have a link made is identity's to say ([`vestry_identity::invitations`]).

use data_encoding::HEXLOWER;
use vestry_contract::types::Failure;
use vestry_events::Event;
use vestry_identity::invitations::{self as policy, Invited};
use vestry_identity::{AccountId, Act, Actor, Email, IdentityError, Invalid, LinkPurpose, LinkToken, Name, audit};
use vestry_storage::{Hash, StorageError, TicketRow, TicketState, Transaction};
use vestry_vault::VaultError;

use crate::call::{Call, CallSettings, Services, unavailable};
use crate::gate::{Pass, Question, Refusal};
use crate::mail::sealed::{HostMail, SealedMail, Template};
use crate::table::{Row, USERS_INVITE, USERS_RESET};
use crate::transaction::{CommitError, Write};
use crate::users;

/// How long what is behind a ticket waits to be shown. Milliseconds.
const WAITS: u64 = 10 * 60 * 1000;

/// A link that waits for the request to take effect.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    what: What,
    link: Hash,
    ticket: Hash,
    /// The link, sealed for the ticket.
    sealed: Vec<u8>,
    mail: SealedMail,
}

#[derive(Debug, Clone)]
enum What {
    Invite(Invited),
    Reset { account: String },
}

/// Who a link goes to.
struct Owner {
    account: String,
    email: String,
    name: String,
    /// What they have chosen to be spoken to in; empty where nothing.
    language: String,
}

pub(crate) async fn invite(
    call: &mut Call,
    pass: Pass,
    email: String,
    name: String,
    privileges: Vec<String>,
) -> Result<String, Failure> {
    let (email, name) = (Email::parse(&email).map_err(wrong("email"))?, Name::parse(&name).map_err(wrong("name"))?);
    let account = AccountId::generate().map_err(users::identity_failure)?;
    let language = String::new();
    let owner = Owner { account: account.to_string(), email: email.to_string(), name: name.to_string(), language };
    let invited =
        Invited { account, email: owner.email.clone(), name: owner.name.clone(), privileges: privileges.clone() };
    let tried = invited.clone();
    let allowed = users::rehearse(call, move |actor, tx, now| {
        let taken = tx.account_by_email(&tried.email)?.is_some();
        Ok((taken, policy::invite(tx, actor, &tried, &[0; 32], now)))
    });
    if let (taken, Err(error)) = allowed.await?.map_err(users::identity_failure)? {
        // What the person has typed can be typed again; the rest is not theirs to mend.
        let field = if taken { "email" } else { "privileges" };
        return Err(match refused(call, USERS_INVITE, error) {
            Failure::Denied(reason) => users::invalid(field, reason),
            other => other,
        });
    }
    call.confirmed(&pass, &[USERS_INVITE], || {
        let values = [
            ("name", owner.name.clone()),
            ("email", owner.email.clone()),
            ("with", users::with_privileges(&privileges)),
        ];
        Ok(Question {
            sentences: vec![users::fill(USERS_INVITE, &values)],
            arguments: format!("{:?} {:?} {privileges:?}", owner.email, owner.name),
        })
    })?;
    issue(call, What::Invite(invited), &owner).await
}

pub(crate) async fn reset_password(call: &mut Call, pass: Pass, id: String) -> Result<String, Failure> {
    let account = id.clone();
    let allowed = users::rehearse(call, move |actor, tx, now| policy::reset(tx, actor, &account, &[0; 32], now));
    let row = match allowed.await? {
        Ok(row) => row,
        Err(error) => return Err(refused(call, USERS_RESET, error)),
    };
    let database = &call.settings()?.services.database;
    let language = database.read(|reader| reader.account_language(&row.id)).map_err(unavailable)?.unwrap_or_default();
    let owner = Owner { account: row.id, email: row.email.unwrap_or_default(), name: row.name, language };
    call.confirmed(&pass, &[USERS_RESET], || {
        let values = [("account", format!("{} ({})", owner.name, owner.email))];
        Ok(Question {
            sentences: vec![users::fill(USERS_RESET, &values)],
            // A yes is for the address that stood in the question.
            arguments: format!("{:?} {:?}", owner.account, owner.email),
        })
    })?;
    issue(call, What::Reset { account: owner.account.clone() }, &owner).await
}

/// Makes link, ticket and mail, and notes all of it; answers the ticket.
async fn issue(call: &mut Call, what: What, owner: &Owner) -> Result<String, Failure> {
    let open = call.settings()?;
    let by = users::identity_actor(call, open)?.name;
    let generate = || LinkToken::generate().map_err(users::identity_failure);
    let (link, ticket) = (generate()?, generate()?);
    let purpose = what.purpose();
    let address = open.surroundings.host_page(&format!("/account/{}/{}", purpose.name(), link.expose()));
    let vault = open.services.secrets.vault();
    let mail = mail(purpose, owner, &by, &address).seal(vault).map_err(unsealed)?;
    let sealed = vault.seal_bytes(&place(&HEXLOWER.encode(&ticket.hash())), address.as_bytes()).map_err(unsealed)?;
    let invitation = Invitation { what, link: link.hash(), ticket: ticket.hash(), sealed, mail };
    call.transaction.push(Write::Invitation(invitation));
    call.settle().await?;
    Ok(ticket.expose())
}

fn mail<'a>(purpose: LinkPurpose, owner: &'a Owner, by: &'a str, link: &'a str) -> HostMail<'a> {
    let template = match purpose {
        LinkPurpose::Invitation => Template::Invitation,
        LinkPurpose::Reset => Template::Reset,
    };
    let Owner { account, email, name, language } = owner;
    HostMail { template, recipient: account, address: email, name, by, link, language }
}

/// Does it: account, link, mail and ticket, or nothing of it.
pub(crate) fn make(
    call: &Call,
    open: &CallSettings,
    tx: &Transaction<'_>,
    invitation: &Invitation,
    now: u64,
) -> Result<(), CommitError> {
    let actor = users::identity_actor(call, open)
        .map_err(|_| CommitError::Conflict("what the actor may do was changed in the meantime".into()))?;
    users::perform(&actor, tx, &Write::Invitation(invitation.clone()), now)?;
    invitation.mail.queue(tx, now)?;
    // Somebody without an account has no page that a panel could be on.
    let Some(account) = &actor.account else { return Ok(()) };
    let purpose = invitation.what.purpose();
    let ticket = TicketRow {
        purpose: purpose.name().to_owned(),
        account: account.to_string(),
        subject: invitation.what.account().to_owned(),
        sealed: invitation.sealed.clone(),
        good_until: now.saturating_add(purpose.lasts()),
        created: now,
        expires: now.saturating_add(WAITS),
    };
    Ok(tx.insert_ticket(&invitation.ticket, &ticket)?)
}

impl What {
    fn purpose(&self) -> LinkPurpose {
        match self {
            Self::Invite(_) => LinkPurpose::Invitation,
            Self::Reset { .. } => LinkPurpose::Reset,
        }
    }

    fn account(&self) -> &str {
        match self {
            Self::Invite(invited) => invited.account.as_str(),
            Self::Reset { account } => account,
        }
    }
}

impl Invitation {
    /// What it does to accounts.
    pub(crate) fn perform(&self, actor: &Actor, tx: &Transaction<'_>, now: u64) -> Result<(), IdentityError> {
        match &self.what {
            What::Invite(invited) => policy::invite(tx, actor, invited, &self.link, now),
            What::Reset { account } => policy::reset(tx, actor, account, &self.link, now).map(drop),
        }
    }
}

/// What is behind a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// The link, for the only time.
    Link {
        link: String,
        purpose: String,
        /// What the account that it opens is called.
        owner: String,
        /// Milliseconds since the Unix epoch.
        good_until: u64,
    },
    /// It was shown before.
    Shown,
    /// Not there, over, or of somebody else.
    Unknown,
}

/// Why nothing is handed over, or sent.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Hands over what is behind a ticket, to the account that it is for. Waits for the disk, where there is something: anybody
/// can have a page name a ticket, so one that hands nothing over waits for no writer.
///
/// # Errors
///
/// Where the database cannot be read or written, or what was sealed does not open.
pub fn hand_over(services: &Services, actor: &Actor, ticket: &str) -> Result<Handed, HandoverError> {
    let Some(ticket) = LinkToken::parse(ticket) else { return Ok(Handed::Unknown) };
    let (hash, now) = (ticket.hash(), services.identity.clock().now());
    if let Err(nothing) = fresh(services.database.read(|reader| reader.ticket(&hash, actor.id(), now))?) {
        return Ok(nothing);
    }
    services.database.write(|tx| {
        let row = match fresh(tx.show_ticket(&hash, actor.id(), now)?) {
            Ok(row) => row,
            Err(nothing) => return Ok(nothing),
        };
        let opened = services.secrets.vault().open_bytes(&place(&HEXLOWER.encode(&hash)), &row.sealed)?;
        audit(tx, actor, &Act { action: "handover.show", subject: &row.subject, detail: &row.purpose }, now)?;
        Ok(Handed::Link {
            link: String::from_utf8_lossy(&opened).into_owned(),
            owner: users::called(tx, &row.subject)?,
            purpose: row.purpose,
            good_until: row.good_until,
        })
    })
}

/// What is to be handed over, or why nothing is.
fn fresh(state: TicketState) -> Result<TicketRow, Handed> {
    match state {
        TicketState::Fresh(row) => Ok(row),
        TicketState::Shown => Err(Handed::Shown),
        TicketState::Unknown => Err(Handed::Unknown),
    }
}

/// Sends a link to who has forgotten the password of the account with this address, if there is one. `origin`: what the
/// link begins with. Waits for the disk.
///
/// # Errors
///
/// Where the database cannot be written.
pub fn send_forgotten(services: &Services, email: &Email, origin: &str) -> Result<(), HandoverError> {
    let (link, now) = (LinkToken::generate()?, services.identity.clock().now());
    let sent = services.database.write(|tx| {
        let Some(row) = policy::forgotten(tx, email, &link.hash(), now)? else { return Ok(false) };
        let language = tx.account_language(&row.id)?.unwrap_or_default();
        let owner = Owner { account: row.id, email: email.to_string(), name: row.name, language };
        let address = format!("{origin}/account/{}/{}", LinkPurpose::Reset.name(), link.expose());
        mail(LinkPurpose::Reset, &owner, "", &address).seal(services.secrets.vault())?.queue(tx, now)?;
        Ok::<_, HandoverError>(true)
    })?;
    if sent {
        services.events.publish(&Event::Work);
    }
    Ok(())
}

/// What a link is sealed for: it opens behind its own ticket alone.
fn place(ticket: &str) -> [&str; 2] {
    ["ticket", ticket]
}

/// A refusal of the policy: noted for the audit, because the attempt leaves no trace.
fn refused(call: &mut Call, row: Row, error: IdentityError) -> Failure {
    if let IdentityError::Refused(reason) = &error {
        call.note_refusal(Refusal { function: row.name(), reason: reason.english() });
    }
    users::identity_failure(error)
}

fn wrong(field: &'static str) -> impl Fn(Invalid) -> Failure {
    move |invalid| users::invalid(field, invalid.sentence.to_owned())
}

fn unsealed(error: VaultError) -> Failure {
    tracing::error!(%error, "a link could not be sealed");
    Failure::Unavailable("the server cannot seal the link at the moment".into())
}
