//! Links under which the owner of an account sets its password: invitations, and resets.
//!
//! Whoever holds such a link becomes the account's owner, so the rules are those of changing it: who has one made must
//! hold every permission that the account has or would have - when it is made, and still when it is used, because
//! they may have seen it and the account may have been given more since. Only the hash of a link is kept. A link that
//! somebody has made voids all older ones of the account, whatever for; so does a password that is set, under a link or in
//! another way, and an account that is deactivated.
//!
//! Who has forgotten a password may ask for a link of their own ([`Identity::hear_request`], [`forgotten`]). Nobody
//! learns from that whether there is an account. Since anybody can ask, such a link voids only others of its kind: an
//! invitation, or a link that an administrator hands over, stays good. And there is an allowance for each network that
//! asks, less than that of the address, so that a stranger elsewhere does not use up what its owner may ask for.

use std::net::IpAddr;

use data_encoding::HEXLOWER;
use vestry_phrases::{Words, words};
use vestry_storage::{AccountRow, Hash, LinkRow, LinkState, Quota, Reader, StorageError, Transaction};

use crate::accounts::{self, Change, Mode};
use crate::sessions::{may_change, store_password};
use crate::sign_in::{Place, start_session};
use crate::throttle::{Throttle, network, subject};
use crate::{
    AccountId, Act, Actor, ActorKind, Email, Identity, IdentityError, LinkToken, NewPassword, NewSession, audit,
    permissions_of,
};

const HOUR: u64 = 60 * 60 * 1000;
/// Requests of one who has forgotten a password: for one address from one network, for it in all, and from one network.
const FOR_ADDRESS_FROM_NETWORK: Quota = Quota { most: 3, within: HOUR };
const FOR_ADDRESS: Quota = Quota { most: 9, within: HOUR };
const FROM_NETWORK: Quota = Quota { most: 10, within: HOUR };

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// The first password of an account that was made for somebody.
    Invitation,
    /// A new password; until it is set, the old one stays.
    Reset,
}

impl LinkPurpose {
    const ALL: [Self; 2] = [Self::Invitation, Self::Reset];

    /// As it stands in the database, and in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    /// How long a link counts. Milliseconds.
    #[must_use]
    pub fn lasts(self) -> u64 {
        match self {
            Self::Invitation => 7 * 24 * HOUR,
            Self::Reset => 24 * HOUR,
        }
    }

    /// What one must hold to have one made for somebody.
    fn needs(self) -> &'static str {
        match self {
            Self::Invitation => "users.create",
            Self::Reset => "users.activate",
        }
    }
}

/// An account that is to be made for somebody.
#[derive(Clone, Debug)]
pub struct Invited {
    /// Chosen by the caller, so that a rehearsal and the invitation itself make the same account.
    pub account: AccountId,
    pub email: String,
    pub name: String,
    pub privileges: Vec<String>,
}

/// Why a link did not open an account.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("This link was used, is over its time, or a newer one took its place.")]
    Void,
    #[error("{}", AcceptError::too_many())]
    TooMany {
        /// Seconds until the next attempt is heard.
        retry_after: u64,
    },
    #[error(transparent)]
    Failed(#[from] IdentityError),
}

impl AcceptError {
    /// What is said where it was tried too often.
    #[must_use]
    pub fn too_many() -> Words {
        words!("There were too many attempts.")
    }
}

/// What becomes of a request for a link of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// It goes on with [`forgotten`].
    Heard,
    /// This address was asked for too often: nothing happens, and nobody is told.
    Ignored,
    /// Too many came from there.
    TooMany,
}

/// Makes an account and a link to it, as part of the transaction.
///
/// # Errors
/// Refused, with a sentence; nothing was changed then.
pub fn invite(
    tx: &Transaction<'_>,
    actor: &Actor,
    invited: &Invited,
    link: &Hash,
    now: u64,
) -> Result<(), IdentityError> {
    let Invited { account, email, name, privileges } = invited.clone();
    let create = Change::Create { id: account.clone(), email, name, privileges };
    let outcome = accounts::apply(tx, actor, &[create], Mode::AllOrNothing, now)?;
    if let Some(refusal) = outcome.refusals.into_iter().next() {
        return Err(IdentityError::refused(refusal.reason));
    }
    make(tx, actor, LinkPurpose::Invitation, account.as_str(), link, now)
}

/// Makes a link to an account that is there, as part of the transaction; answers the account.
///
/// # Errors
/// Refused, with a sentence; nothing was changed then.
pub fn reset(
    tx: &Transaction<'_>,
    actor: &Actor,
    account: &str,
    link: &Hash,
    now: u64,
) -> Result<AccountRow, IdentityError> {
    let row = tx.account(account)?.ok_or_else(|| IdentityError::refused(words!("There is no such account.")))?;
    if !may_change(tx, actor, account)?.holds_name(LinkPurpose::Reset.needs()) {
        return Err(IdentityError::refused(
            "You may not reset passwords: that needs the permission users.activate.".to_owned(),
        ));
    }
    if !row.active {
        return Err(IdentityError::refused(
            "This account is not active, so nobody can sign in to it. Activate it first.".to_owned(),
        ));
    }
    if row.email.is_none() {
        return Err(IdentityError::refused("This account has no e-mail address to sign in with.".to_owned()));
    }
    make(tx, actor, LinkPurpose::Reset, account, link, now)?;
    Ok(row)
}

/// Makes a link for who has forgotten a password, as part of the transaction; none where no active account has that
/// address.
///
/// # Errors
/// Where the database cannot be written.
pub fn forgotten(
    tx: &Transaction<'_>,
    email: &Email,
    link: &Hash,
    now: u64,
) -> Result<Option<AccountRow>, IdentityError> {
    let Some(row) = tx.account_by_email(email.as_str())?.filter(|row| row.active) else { return Ok(None) };
    tx.void_unmade_links(LinkPurpose::Reset.name(), &row.id)?;
    insert(tx, &Actor::nobody(), LinkPurpose::Reset, &row.id, link, now)?;
    Ok(Some(row))
}

/// Voids all links of an account, whatever for and whoever had them made.
pub(crate) fn void_all(tx: &Transaction<'_>, account: &str) -> Result<(), StorageError> {
    LinkPurpose::ALL.iter().try_for_each(|purpose| tx.void_links(purpose.name(), account).map(drop))
}

/// Makes a link that takes the place of all others of the account.
fn make(
    tx: &Transaction<'_>,
    actor: &Actor,
    purpose: LinkPurpose,
    account: &str,
    link: &Hash,
    now: u64,
) -> Result<(), IdentityError> {
    void_all(tx, account)?;
    insert(tx, actor, purpose, account, link, now)
}

fn insert(
    tx: &Transaction<'_>,
    actor: &Actor,
    purpose: LinkPurpose,
    account: &str,
    link: &Hash,
    now: u64,
) -> Result<(), IdentityError> {
    let row = LinkRow {
        purpose: purpose.name().to_owned(),
        account: Some(account.to_owned()),
        made_by: actor.account.as_ref().map(ToString::to_string),
        created: now,
        expires: now.saturating_add(purpose.lasts()),
        used: None,
    };
    tx.insert_link(link, &row)?;
    let action = match purpose {
        LinkPurpose::Invitation => "users.invite",
        LinkPurpose::Reset => "users.reset-password",
    };
    Ok(audit(tx, actor, &Act { action, subject: account, detail: "" }, now)?)
}

impl Identity {
    /// The account that a link opens now, before anything is typed; none where it does not count.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn link_opens(&self, purpose: LinkPurpose, token: &LinkToken) -> Result<Option<AccountRow>, IdentityError> {
        let (hash, now) = (token.hash(), self.clock().now());
        self.database().read(|reader| opens(reader, purpose, &hash, now))
    }

    /// Uses a link: sets the password, ends all sessions of the account, and signs its owner in.
    ///
    /// # Errors
    /// [`Void`](AcceptError::Void) where the link does not count; [`Invalid`](IdentityError::Invalid) for the password,
    /// and then the link counts still.
    pub async fn accept_link(
        &self,
        purpose: LinkPurpose,
        token: &LinkToken,
        password: &str,
        address: Option<IpAddr>,
        agent: &str,
    ) -> Result<NewSession, AcceptError> {
        let (hash, now) = (token.hash(), self.clock().now());
        let throttle = Throttle::new(&HEXLOWER.encode(&hash), address);
        let account = self.link_opens(purpose, token)?;
        let password = account
            .as_ref()
            .map(|row| NewPassword::parse(password, row.email.as_deref().unwrap_or_default(), &row.name))
            .transpose()
            .map_err(IdentityError::from)?;
        let counted = throttle.clone();
        if let Err(wait) = self.write(move |tx| Ok(counted.begin(tx, now)?)).await? {
            return Err(AcceptError::TooMany { retry_after: wait.div_ceil(1000) });
        }
        let password = password.ok_or(AcceptError::Void)?;
        let phc = self.passwords().hash(password.expose()).await?;
        let (place, options) = (Place::new(address, agent), *self.options());
        let begun = self.write(move |tx| {
            let Some(row) = opens(tx, purpose, &hash, now)? else { return Ok(None) };
            if !tx.use_link(&hash, purpose.name(), now)? {
                return Ok(None);
            }
            throttle.succeed(tx)?;
            // What was guessed wrong before no longer counts against the one who has proved to be the owner.
            Throttle::new(row.email.as_deref().unwrap_or(&row.id), None).succeed(tx)?;
            let owner = Actor { account: Some(AccountId::parse(&row.id)?), kind: ActorKind::Person, ..Actor::nobody() };
            store_password(tx, &owner, &row.id, &phc, now)?;
            start_session(tx, &row.id, &place, &options, now).map(Some)
        });
        begun.await?.ok_or(AcceptError::Void)
    }

    /// Counts a request for a link of one's own. The same whether there is an account or not.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn hear_request(&self, email: &Email, address: IpAddr) -> Result<Request, IdentityError> {
        let now = self.clock().now();
        let network = network(address);
        let both = subject("forgot-address-network", &format!("{email} {network}"));
        let (network, email) = (subject("forgot-network", &network), subject("forgot-address", email.as_str()));
        self.write(move |tx| {
            if !tx.count_within(&network, FROM_NETWORK, now)? {
                return Ok(Request::TooMany);
            }
            // What a network asks beyond its own allowance takes nothing away from that of the address.
            let heard =
                tx.count_within(&both, FOR_ADDRESS_FROM_NETWORK, now)? && tx.count_within(&email, FOR_ADDRESS, now)?;
            Ok(if heard { Request::Heard } else { Request::Ignored })
        })
        .await
    }
}

/// The account that a link opens: it counts, the account is active, and whoever had it made may still change it.
fn opens(
    reader: &Reader<'_>,
    purpose: LinkPurpose,
    link: &Hash,
    now: u64,
) -> Result<Option<AccountRow>, IdentityError> {
    let link = reader.link(link)?;
    let link = link.filter(|link| link.purpose == purpose.name() && link.state(now) == LinkState::Valid);
    let Some((link, id)) = link.and_then(|link| link.account.clone().map(|account| (link, account))) else {
        return Ok(None);
    };
    let Some(account) = reader.account(&id)?.filter(|account| account.active) else { return Ok(None) };
    let Some(maker) = link.made_by else { return Ok(Some(account)) };
    let Some(maker) = reader.account(&maker)?.filter(|maker| maker.active) else { return Ok(None) };
    let holds = permissions_of(reader, &maker.privileges)?;
    let may = holds.holds_name(purpose.needs()) && holds.includes(&permissions_of(reader, &account.privileges)?);
    Ok(may.then_some(account))
}
