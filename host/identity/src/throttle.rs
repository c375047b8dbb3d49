//! How long one has to wait after wrong passwords: by account and by address, ever longer, never for good.
//!
//! An attempt is counted before the password is looked at, and taken off again when it was right: so many guesses at
//! the same time are counted like many after another. Subjects are stored as hashes, since people type passwords into
//! the wrong field.

use std::net::IpAddr;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use vestry_storage::{Attempts, Reader, StorageError, Transaction};

/// Failures that cost no waiting.
const FREE: u64 = 5;
/// The wait after that many, doubled with each further one. Milliseconds.
const FIRST_WAIT: u64 = 1000;
const LONGEST_WAIT: u64 = 15 * 60 * 1000;
/// After so long without a failure a subject starts anew. Milliseconds.
pub(crate) const REMEMBERED: u64 = 60 * 60 * 1000;

/// What attempts are counted for.
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    account: String,
    address: Option<String>,
}

impl Throttle {
    /// `email` as it was typed, which need not be an address.
    pub(crate) fn new(email: &str, address: Option<IpAddr>) -> Self {
        let account = subject("account", &email.trim().to_lowercase());
        Self { account, address: address.map(|address| subject("address", &network(address))) }
    }

    /// Counts an attempt as failed, or answers how many milliseconds it comes too early.
    pub(crate) fn begin(&self, tx: &Transaction<'_>, now: u64) -> Result<Result<(), u64>, StorageError> {
        let mut wait = 0;
        for subject in self.subjects() {
            wait = wait.max(tx.attempts(subject)?.until.saturating_sub(now));
        }
        if wait > 0 {
            return Ok(Err(wait));
        }
        for subject in self.subjects() {
            let failures = counted(tx, subject, now)? + 1;
            tx.set_attempts(subject, &Attempts { failures, last: now, until: now + delay(failures) })?;
        }
        Ok(Ok(()))
    }

    /// The password was right: the account starts anew, the address loses this one failure.
    pub(crate) fn succeed(&self, tx: &Transaction<'_>) -> Result<(), StorageError> {
        tx.set_attempts(&self.account, &Attempts::default())?;
        if let Some(address) = &self.address {
            let before = tx.attempts(address)?;
            let failures = before.failures.saturating_sub(1);
            let until = match delay(failures) {
                0 => 0,
                delay => before.last + delay,
            };
            tx.set_attempts(address, &Attempts { failures, last: before.last, until })?;
        }
        Ok(())
    }

    /// How many milliseconds are to be waited now.
    pub(crate) fn wait(&self, reader: &Reader<'_>, now: u64) -> Result<u64, StorageError> {
        let waits = self.subjects().map(|subject| Ok(reader.attempts(subject)?.until.saturating_sub(now)));
        waits.collect::<Result<Vec<_>, StorageError>>().map(|waits| waits.into_iter().max().unwrap_or(0))
    }

    fn subjects(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.account.as_str()).chain(self.address.as_deref())
    }
}

fn counted(reader: &Reader<'_>, subject: &str, now: u64) -> Result<u64, StorageError> {
    let attempts = reader.attempts(subject)?;
    Ok(if now > attempts.last.saturating_add(REMEMBERED) { 0 } else { attempts.failures })
}

/// From the fifth failure on.
fn delay(failures: u64) -> u64 {
    match failures.checked_sub(FREE) {
        None => 0,
        Some(more) => {
            FIRST_WAIT.checked_shl(u32::try_from(more.min(20)).unwrap_or(20)).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
        }
    }
}

/// Who has IPv6 has a network of addresses: one network is one subject.
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

/// What attempts of a kind are counted under, without saying for what.
pub(crate) fn subject(kind: &str, what: &str) -> String {
    let hash = Sha256::digest(what.as_bytes());
    format!("{kind}:{}", HEXLOWER.encode(&hash[..16]))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_WAIT, Throttle, delay, network};
    use vestry_storage::{Database, StorageError};

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        assert_eq!((1..9).map(delay).collect::<Vec<_>>(), [0, 0, 0, 0, 1000, 2000, 4000, 8000]);
        assert_eq!(delay(14), 512_000);
        assert_eq!(delay(15), LONGEST_WAIT);
        assert_eq!(delay(u64::MAX), LONGEST_WAIT);
    }

    #[test]
    fn a_network_of_ipv6_is_one_subject() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn guesses_at_the_same_time_are_all_counted() {
        let database = Database::temporary().unwrap();
        let throttle = Throttle::new("anna@example.org", None);
        database
            .write(|tx| {
                let heard = (0..50).filter(|_| throttle.begin(tx, 1_000_000).unwrap().is_ok()).count();
                assert_eq!(heard, 5);
                assert_eq!(throttle.wait(tx, 1_000_000)?, 1000);
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }

    #[test]
    fn an_address_is_one_subject_for_all_accounts() {
        let database = Database::temporary().unwrap();
        let address = Some("192.0.2.7".parse().unwrap());
        let throttle = |number: u32| Throttle::new(&format!("p{number}@example.org"), address);
        database
            .write(|tx| {
                let heard = (0..50).filter(|number| throttle(*number).begin(tx, 1_000_000).unwrap().is_ok()).count();
                assert_eq!(heard, 5);
                // A right password for an account of one's own does not wash the address clean.
                throttle(0).succeed(tx)?;
                assert!(throttle(60).begin(tx, 1_000_000)?.is_ok());
                assert_eq!(throttle(61).begin(tx, 1_000_000)?, Err(1000));
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }

    #[test]
    fn an_hour_without_failures_starts_anew() {
        let database = Database::temporary().unwrap();
        let throttle = Throttle::new("anna@example.org", None);
        database
            .write(|tx| {
                for time in [0, 0, 0, 0, 0, 1000, 3000] {
                    assert_eq!(throttle.begin(tx, time)?, Ok(()));
                }
                assert_eq!(throttle.begin(tx, 3001)?, Err(3999));
                assert_eq!(throttle.begin(tx, 3_700_000)?, Ok(()));
                assert_eq!(throttle.begin(tx, 3_700_000)?, Ok(()));
                Ok::<_, StorageError>(())
            })
            .unwrap();
    }
}
