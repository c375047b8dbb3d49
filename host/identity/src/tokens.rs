//! API tokens: made once, shown once, revoked by their owner.

use data_encoding::BASE32_DNSSEC;
use vestry_phrases::words;
use vestry_storage::{TokenRow, Transaction};

use crate::{
    Act, Actor, ActorKind, BearerToken, Identity, IdentityError, Permission, PermissionSet, audit, permissions_of,
};

const DAY: u64 = 24 * 60 * 60 * 1000;
/// Ten years.
const MOST_DAYS: u32 = 3650;

/// A token that was just made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// For its holder alone; it cannot be had again.
    pub token: BearerToken,
    pub id: String,
    /// Milliseconds; none for a token that does not expire.
    pub expires: Option<u64>,
}

impl Identity {
    /// Makes a token for an account. `scopes`: permissions, and functions such as `vestry:admin/users.apply`; none for
    /// all that the account may. `days`: until it expires; none for never. Blocks.
    ///
    /// # Errors
    /// Refused where the actor is somebody else, a name is missing, or the account does not hold what a scope names.
    pub fn create_token(
        &self,
        actor: &Actor,
        account: &str,
        name: &str,
        scopes: &[String],
        days: Option<u32>,
    ) -> Result<NewToken, IdentityError> {
        let name = crate::Name::parse(name)?;
        let now = self.clock().now();
        let expires = match days {
            None => None,
            Some(days @ 1..=MOST_DAYS) => Some(now.saturating_add(u64::from(days) * DAY)),
            Some(_) => {
                return Err(IdentityError::refused(format!("A token lasts 1 to {MOST_DAYS} days.")));
            }
        };
        let token = BearerToken::generate()?;
        let mut id = [0; 10];
        getrandom::fill(&mut id)?;
        let id = BASE32_DNSSEC.encode(&id);
        self.database().write(|tx| {
            let holds = held_by_both(tx, actor, account)?;
            scopes.iter().try_for_each(|scope| check_scope(&holds, scope))?;
            let row = TokenRow {
                id: id.clone(),
                hash: token.hash(),
                account: account.to_owned(),
                name: name.to_string(),
                scopes: scopes.join(" "),
                created: now,
                expires,
                last_used: None,
            };
            tx.insert_token(&row)?;
            let detail = format!("{name}: {}", if scopes.is_empty() { "all" } else { &row.scopes });
            audit(tx, actor, &Act { action: "token.create", subject: account, detail: &detail }, now)?;
            Ok(NewToken { token, id, expires })
        })
    }

    /// The tokens of an account, the latest first, expired ones too.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn tokens(&self, account: &str) -> Result<Vec<TokenRow>, IdentityError> {
        self.database().read(|reader| Ok(reader.tokens_of(account)?))
    }

    /// Revokes a token; answers whether there was such a one. Blocks.
    ///
    /// # Errors
    /// Refused where the actor is neither its owner nor the command line.
    pub fn revoke_token(&self, actor: &Actor, account: &str, id: &str) -> Result<bool, IdentityError> {
        let now = self.clock().now();
        self.database().write(|tx| {
            own(actor, account)?;
            let revoked = tx.delete_token(account, id)?;
            if revoked {
                tx.raise_generation()?;
                audit(tx, actor, &Act { action: "token.revoke", subject: account, detail: id }, now)?;
            }
            Ok(revoked)
        })
    }
}

/// A token speaks in its account's name: nobody makes one for somebody else, whatever they may do, and no token makes
/// another, which might then do more than itself.
fn own(actor: &Actor, account: &str) -> Result<(), IdentityError> {
    match actor.kind {
        ActorKind::Console => Ok(()),
        ActorKind::Person if actor.id() == account => Ok(()),
        _ => Err(IdentityError::refused("Tokens are made and revoked by their owner, who is signed in.".to_owned())),
    }
}

fn held_by_both(tx: &Transaction<'_>, actor: &Actor, account: &str) -> Result<PermissionSet, IdentityError> {
    own(actor, account)?;
    let row = tx.account(account)?.ok_or_else(|| IdentityError::refused(words!("There is no such account.")))?;
    Ok(permissions_of(tx, &row.privileges)?.intersection(&actor.holds_now(tx)?))
}

fn check_scope(holds: &PermissionSet, scope: &str) -> Result<(), IdentityError> {
    if scope.contains(':') {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'/' | b'.' | b'-' | b'@' | b'_');
        return match scope.bytes().all(plain) {
            true => Ok(()),
            false => Err(IdentityError::refused(format!("`{scope}` is not the name of a function."))),
        };
    }
    match holds.holds(&Permission::parse(scope)?) {
        true => Ok(()),
        false => Err(IdentityError::refused(format!("The account does not hold `{scope}`."))),
    }
}
