//! Hashing passwords: argon2id, off the async threads, as many at once as there are cores.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::IdentityError;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, KiB.
    pub memory: u32,
    pub passes: u32,
}

impl Cost {
    /// OWASP's choice for two passes: 46 MiB, some 40 ms.
    pub const STANDARD: Self = Self { memory: 46 * 1024, passes: 2 };
    /// Worth nothing against an attacker, for tests.
    pub const TEST: Self = Self { memory: 16, passes: 1 };
}

/// Makes and checks hashes. Clones share the bound on how many run at once.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon: Argon2<'static>,
    cost: Cost,
    permits: Arc<Semaphore>,
}

/// What checking a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// Right, and hashed at another cost than that of today.
    RightButOutdated,
    Wrong,
}

impl Passwords {
    /// # Errors
    /// Where argon2 does not accept the cost.
    pub fn new(cost: Cost) -> Result<Self, IdentityError> {
        let params = Params::new(cost.memory, cost.passes, 1, None)
            .map_err(|error| IdentityError::Hashing(error.to_string()))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self { argon, cost, permits: Arc::new(Semaphore::new(cores)) })
    }

    /// A new hash, as a PHC string.
    ///
    /// # Errors
    /// Where there are no random numbers or no memory, or the server stops.
    pub async fn hash(&self, password: &str) -> Result<String, IdentityError> {
        let password = password.to_owned();
        self.run(move |passwords| passwords.hash_here(&password)).await
    }

    /// The same, on this thread.
    ///
    /// # Errors
    /// Where there are no random numbers or no memory.
    pub fn hash_here(&self, password: &str) -> Result<String, IdentityError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        let hash = self.argon.hash_password_with_salt(password.as_bytes(), &salt).map_err(failed)?;
        Ok(hash.to_string())
    }

    /// Checks a password. Without a hash - for an account that does not exist, or has no password - it costs the same
    /// and is wrong.
    ///
    /// # Errors
    /// Where what is stored is not a hash, there is no memory, or the server stops.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<Verdict, IdentityError> {
        let (password, phc) = (password.to_owned(), phc.map(str::to_owned));
        self.run(move |passwords| passwords.verify_here(&password, phc.as_deref())).await
    }

    fn verify_here(&self, password: &str, phc: Option<&str>) -> Result<Verdict, IdentityError> {
        let nobody = self.nobody();
        let hash =
            PasswordHash::new(phc.unwrap_or(&nobody)).map_err(|error| IdentityError::Hashing(error.to_string()))?;
        match self.argon.verify_password(password.as_bytes(), &hash) {
            Ok(()) if phc.is_none() => Ok(Verdict::Wrong),
            Ok(()) if self.is_outdated(&hash) => Ok(Verdict::RightButOutdated),
            Ok(()) => Ok(Verdict::Right),
            Err(HashError::PasswordInvalid) => Ok(Verdict::Wrong),
            Err(error) => Err(failed(error)),
        }
    }

    /// A hash of today's cost that no password is known for.
    fn nobody(&self) -> String {
        let Cost { memory, passes } = self.cost;
        format!(
            "$argon2id$v=19$m={memory},t={passes},p=1$dmVzdHJ5LW5vYm9keSE$2AqdpwV3gaOTGvO5zjYT0WhOsw6gMz3cWWg7kSTvAxk"
        )
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let today = Params::try_from(hash).is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) == (self.cost.memory, self.cost.passes, 1)
        });
        !today || hash.algorithm.as_str() != "argon2id" || hash.version != Some(Version::V0x13.into())
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| IdentityError::Interrupted)?;
        let passwords = self.clone();
        // The permit goes along: who stops waiting does not stop the work.
        let work = move || {
            let answer = work(&passwords);
            drop(permit);
            answer
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| IdentityError::Interrupted)?
    }
}

fn failed(error: HashError) -> IdentityError {
    IdentityError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Cost, Passwords, Verdict};

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let passwords = Passwords::new(Cost::TEST).unwrap();
        let phc = passwords.hash("correct horse").await.unwrap();
        assert_eq!(passwords.verify("correct horse", Some(&phc)).await.unwrap(), Verdict::Right);
        assert_eq!(passwords.verify("correct horsf", Some(&phc)).await.unwrap(), Verdict::Wrong);
        assert_ne!(passwords.hash("correct horse").await.unwrap(), phc);
    }

    #[tokio::test]
    async fn another_cost_is_outdated() {
        let phc = Passwords::new(Cost::TEST).unwrap().hash("correct horse").await.unwrap();
        let today = Passwords::new(Cost { memory: 32, passes: 1 }).unwrap();
        assert_eq!(today.verify("correct horse", Some(&phc)).await.unwrap(), Verdict::RightButOutdated);
    }

    #[tokio::test]
    async fn nobody_costs_the_same_and_is_wrong() {
        let passwords = Passwords::new(Cost::STANDARD).unwrap();
        let phc = passwords.hash("some password").await.unwrap();
        let time = async |phc: Option<&str>| {
            let begun = std::time::Instant::now();
            assert_eq!(passwords.verify("another one", phc).await.unwrap(), Verdict::Wrong);
            begun.elapsed().as_secs_f64()
        };
        let (known, unknown) = (time(Some(&phc)).await, time(None).await);
        assert!(unknown > known / 5.0 && known > unknown / 5.0, "known {known} s, unknown {unknown} s");
    }

    #[test]
    fn the_standard_cost_stands_in_the_hash() {
        let phc = Passwords::new(Cost::STANDARD).unwrap().hash_here("x").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=47104,t=2,p=1$"), "{phc}");
    }
}
