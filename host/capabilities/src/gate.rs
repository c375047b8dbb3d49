//! The gate: the one function through which every host call passes.
//!
//! It asks, in this order: may this kind of request do that at all (a GET reads); was the interface granted to the
//! plugin; does the actor hold the permission; is the traffic of the request within its limit; and, where the call is
//! grave, has this person said yes to just this. Grants and permissions are read as they are at the call, not as they
//! were when the request began. What is refused is counted, and written to the audit when the request has ended.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use vestry_contract::types::Failure;

use crate::call::{Actor, Call};
use crate::table::{KV_COMMIT, Kind, Row};
use crate::weight::Weight;
use vestry_catalog::Capability;

/// Writes that wait for one request to take effect: while they are made, nobody else writes.
const MOST_WRITES: usize = 1_000;

/// Proof that the gate let a call in. Only [`Call::admit`] makes one, and a capability does nothing without it.
#[derive(Debug)]
pub(crate) struct Pass(());

/// Something grave that the host must ask the person about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What the plugin got as `failure.confirm`, and must answer with unchanged.
    pub id: String,
    /// The function, such as `vestry:admin/users.apply`.
    pub function: String,
    /// What is about to happen, a sentence for each change.
    pub sentences: Vec<String>,
    /// SHA-256 over the function and its arguments: what the yes is for.
    pub arguments: [u8; 32],
}

/// A person's yes to one function with these arguments, given on the host's own page for this plugin and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub function: String,
    pub arguments: [u8; 32],
}

/// A host call that was not let in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    pub function: String,
    pub reason: String,
}

/// Refusals of one request, each with how often it happened.
pub type Refusals = BTreeMap<Refusal, u32>;

/// What a sensitive call would do, put together only where the host may have to ask.
pub(crate) struct Question {
    pub(crate) sentences: Vec<String>,
    /// Everything that the yes is for, in a form that differs whenever the effect does.
    pub(crate) arguments: String,
}

impl Call {
    /// Lets a call in, or says why not. `rows` are the cases that it consists of, at least one.
    ///
    /// # Errors
    ///
    /// `denied`, `exhausted`, or `unavailable` where grants cannot be read.
    pub(crate) fn admit(&mut self, rows: &[Row], arguments: &impl Weight) -> Result<Pass, Failure> {
        self.spend(arguments.weight())?;
        if self.transaction.writes().len() >= MOST_WRITES && rows.iter().any(|row| !row.kind.is_reading()) {
            return Err(Failure::Exhausted(format!("a request writes at most {MOST_WRITES} times")));
        }
        for row in rows {
            if let Err(reason) = self.may(row)? {
                return Err(self.refuse(row, reason));
            }
        }
        Ok(Pass(()))
    }

    /// Lets a sensitive call in where the person has said yes to it, and otherwise asks.
    ///
    /// # Errors
    ///
    /// `confirm` where a person has to be asked; `denied` where nobody can be, or a token's scope does not name it.
    pub(crate) fn confirmed(
        &mut self,
        _pass: &Pass,
        rows: &[Row],
        question: impl FnOnce() -> Result<Question, Failure>,
    ) -> Result<(), Failure> {
        let Some(row) = rows.iter().find(|row| row.kind == Kind::Sensitive) else { return Ok(()) };
        let name = row.name();
        match self.actor() {
            Actor::Token(caller) if caller.names_function(&name) => Ok(()),
            Actor::Token(_) => {
                let reason = format!("it is grave: a token needs a scope that names `{name}`");
                Err(self.refuse(row, reason))
            }
            Actor::Job(_) | Actor::Visitor | Actor::Nobody | Actor::Gone => {
                let reason = "it is grave, and there is no person here who could be asked".to_owned();
                Err(self.refuse(row, reason))
            }
            Actor::Person(_) => {
                let question = question()?;
                let arguments = digest(&name, &question.arguments);
                if self.use_approval(&Approval { function: name.clone(), arguments }) {
                    return Ok(());
                }
                let id = data_encoding::HEXLOWER.encode(&arguments[..16]);
                self.ask(Asked { id: id.clone(), function: name, sentences: question.sentences, arguments });
                Err(Failure::Confirm(id))
            }
        }
    }

    /// Counts what is handed to the plugin.
    ///
    /// # Errors
    ///
    /// `exhausted` where the request has moved more than it may.
    pub(crate) fn hand_over<T: Weight>(&mut self, value: T) -> Result<T, Failure> {
        self.spend(value.weight())?;
        Ok(value)
    }

    /// Whether a row lets this call in; the inner error is the reason for a refusal.
    pub(crate) fn may(&self, row: &Row) -> Result<Result<(), String>, Failure> {
        if self.is_closed() {
            return Ok(Err("nothing of the host is there while a plugin registers".into()));
        }
        if self.is_reading() && !row.kind.is_reading() {
            return Ok(Err("a GET changes nothing; use a route with another verb".into()));
        }
        if self.is_migrating() && !row.kind.is_reading() && row.interface != KV_COMMIT.interface {
            return Ok(Err("while data changes its shape, `kv` alone can be written".into()));
        }
        let grants = self.grants()?;
        if !grants.holds_interface(row.interface) {
            let plugin = self.subject();
            return Ok(Err(format!(
                "{} {} was not granted {}; an administrator can grant it",
                plugin.id, plugin.version, row.interface
            )));
        }
        if matches!(self.actor(), Actor::Job(_)) && matches!(self.actor_now(), Actor::Gone) {
            return Ok(Err("who started the job may not sign in any more, or their token was taken back".into()));
        }
        let Some(permission) = row.permission else { return Ok(Ok(())) };
        let held = self.holds(permission)?;
        Ok(if held { Ok(()) } else { Err(format!("it needs the permission {permission}")) })
    }

    /// Whether the actor holds a permission at this moment; of nobody's calls, whether the plugin was granted it for them.
    pub(crate) fn holds(&self, permission: &str) -> Result<bool, Failure> {
        Ok(match self.actor_now() {
            Actor::Person(caller) | Actor::Token(caller) | Actor::Job(caller) => {
                caller.permissions.holds_name(permission)
            }
            Actor::Gone => false,
            Actor::Visitor | Actor::Nobody => self.grants()?.holds(&Capability::Permission(permission.to_owned())),
        })
    }

    fn refuse(&mut self, row: &Row, reason: String) -> Failure {
        let told = format!("{} is denied: {reason}", row.name());
        self.note_refusal(Refusal { function: row.to_string(), reason });
        Failure::Denied(told)
    }
}

fn digest(function: &str, arguments: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [function, arguments] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
