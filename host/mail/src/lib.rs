//! Mails: how they are written, and how they leave.
//!
//! A [`Letter`] is put into the form of RFC 5322 and MIME by lettre, once in text and once in HTML, and handed to a
//! [`Transport`]: an SMTP server, or a directory in which each mail becomes a file. What fails is told apart by whether
//! trying again can help ([`SendError`]), because that is all that a queue has to know.
//!
//! Everything that ends up in a header is a type that holds no line break: [`Address`], [`Sender`], [`MessageId`] and
//! [`Subject`]. Whatever a plugin or a person puts into a subject, no header can be smuggled in with it.
//!
//! Deliberately not here: the queue, the database, templates, several recipients of one mail, attachments, bounces, DKIM
//! (the mail server signs).

mod address;
mod directory;
mod error;
mod letter;
mod line;
mod smtp;
mod transport;

pub use address::{Address, AddressError, Sender};
pub use directory::Directory;
pub use error::SendError;
pub use letter::{Letter, MessageId, MessageIdError};
pub use line::Subject;
pub use smtp::{Credentials, DEADLINE, Smtp, Tls};
pub use transport::Transport;
