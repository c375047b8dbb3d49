//! A mail server, spoken to in SMTP (RFC 5321): a connection for each mail.
//!
//! Deliberately not done: keeping connections open. A server of this kind sends a mail now and then, and a pool brings
//! connections that died in the meantime. A refusal while greeting or signing in concerns this program, not the mail, so
//! it counts as passing: an administrator mends the password, and what waits is delivered.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::authentication::{self, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use crate::{Letter, SendError};

/// How long a delivery may take, from the first packet to the server's word that it has the mail.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// How long taking leave may take; the mail is delivered by then.
const FAREWELL: Duration = Duration::from_secs(2);

/// How the connection is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte on (RFC 8314); usually port 465.
    Required,
    /// A plain greeting, then TLS or nothing (RFC 3207); usually port 587.
    Starttls,
    /// Not at all; usually port 25, on this machine.
    None,
}

/// What the program signs in with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Name or address; certificates are checked against it.
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub credentials: Option<Credentials>,
    /// How long a delivery may take; [`DEADLINE`] except in tests.
    pub deadline: Duration,
}

impl Smtp {
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        match timeout(self.deadline, self.deliver(letter)).await {
            Ok(Ok(mut connection)) => {
                // The server has it: whatever comes of the leave-taking is of no matter.
                let _ = timeout(FAREWELL, connection.abort()).await;
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SendError::passing(&format!(
                "{} took longer than {} seconds",
                self.name(),
                self.deadline.as_secs_f32()
            ))),
        }
    }

    async fn deliver(&self, letter: &Letter) -> Result<AsyncSmtpConnection, SendError> {
        let message = letter.message()?;
        let mut connection = self.connect().await.map_err(|error| SendError::passing(&self.said(&error)))?;
        match connection.send(message.envelope(), &message.formatted()).await {
            Ok(_) => Ok(connection),
            // `client`: an address that this server cannot take, which it says before the first command.
            Err(error) if error.is_permanent() || error.is_client() => Err(SendError::permanent(&self.said(&error))),
            Err(error) => Err(SendError::passing(&self.said(&error))),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let hello = ClientId::default();
        let tls = || TlsParameters::new(self.host.clone());
        let at_once = if self.tls == Tls::Required { Some(tls()?) } else { None };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.deadline), &hello, at_once, None).await?;
        if self.tls == Tls::Starttls {
            connection.starttls(tls()?, &hello).await?;
        }
        if let Some(Credentials { user, password }) = &self.credentials {
            let credentials = authentication::Credentials::new(user.clone(), password.clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }

    fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn said(&self, error: &lettre::transport::smtp::Error) -> String {
        format!("{}: {error}", self.name())
    }
}
