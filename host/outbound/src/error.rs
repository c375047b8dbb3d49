//! Why a call was not made, or not answered: a sentence that says what to do.
//!
//! Texts name origins and never paths or queries, and never the value of a header.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::names::LookupError;
use crate::networks::Refused;
use crate::origin::Origin;

/// Why no calls can be made at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("the certificates in {file} cannot be used: {reason}", file = .file.display())]
    Certificates { file: PathBuf, reason: String },
    #[error("TLS is not there: {0}")]
    Tls(rustls::Error),
    #[error("calls to other servers are not there: {0}")]
    Client(reqwest::Error),
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for cannot be right; the part of the request that is meant: `verb`, `url`, `headers`, `body` or
    /// `timeout-ms`.
    Invalid(&'static str),
    /// It was not granted, or lies where the server does not call.
    Denied,
    /// It cannot be reached, or broke off.
    Unavailable,
    /// It took too long, or is too much.
    Exhausted,
}

/// Why a call was not made, or not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OutboundError {
    #[error("`{0}` is none of the verbs GET, HEAD, POST, PUT, PATCH and DELETE")]
    Verb(String),
    #[error("this address cannot be called: {0}")]
    Url(String),
    #[error("the header `{name}` cannot be sent: {reason}")]
    Header { name: String, reason: &'static str },
    #[error("a call has at most {most} headers")]
    TooManyHeaders { most: usize },
    #[error("the headers of a call have at most {most} bytes")]
    HeadersTooLong { most: usize },
    #[error("a GET or HEAD has no body")]
    BodyOfReading,
    #[error("a call sends a body of at most {most} bytes")]
    BodyTooLong { most: usize },
    #[error("a call may take at most {most} ms", most = .most.as_millis())]
    Time { most: Duration },
    #[error("the secret of the header `{header}` is for {bound_to} alone, and this call goes to {origin}")]
    SecretElsewhere { header: String, bound_to: Origin, origin: Origin },
    #[error(
        "{0} was not granted to this plugin. Its author asks for it with\n\n    \
         .wish(Capability::origin(\"{0}\"), \"what it is called for\")\n\n\
         and an administrator grants it"
    )]
    NotGranted(Origin),
    #[error("{}", refusal(.origin, .refused))]
    Refused { origin: Origin, refused: Refused },
    #[error("{from} redirects, and that was not followed: {reason}")]
    Redirected { from: Origin, reason: Box<OutboundError> },
    #[error("where it leads to cannot be called: {0}")]
    Location(String),
    #[error("{0} is not secure, and the call began at an address that is")]
    Downgrade(Origin),
    #[error("{origin} redirects more than {most} times")]
    TooManyRedirects { origin: Origin, most: usize },
    #[error("{origin} cannot be reached: {reason}")]
    Unreachable { origin: Origin, reason: String },
    #[error(
        "{origin} cannot be reached: nobody whom this server believes vouches for its certificate. Where that is an \
         authority of your own, an administrator names its file in vestry.yml with\n\n    \
         outbound:\n      certificates: FILE"
    )]
    UnknownIssuer { origin: Origin },
    #[error("{origin} broke off: {reason}")]
    BrokeOff { origin: Origin, reason: String },
    #[error("the call to {origin} took longer than {time} ms", time = .time.as_millis())]
    TooSlow { origin: Origin, time: Duration },
    #[error("{origin} sent nothing for {time} s", time = .time.as_secs_f32())]
    Stalled { origin: Origin, time: Duration },
    #[error("{origin} answers with more than {most} bytes")]
    AnswerTooLong { origin: Origin, most: usize },
    #[error("{origin} answers with a head that is more than is read: at most 100 headers, of 64 KiB")]
    AnswerHeaders { origin: Origin },
}

impl OutboundError {
    /// Whose turn it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Verb(_) => Kind::Invalid("verb"),
            Self::Url(_) => Kind::Invalid("url"),
            Self::Header { .. } | Self::TooManyHeaders { .. } | Self::HeadersTooLong { .. } => Kind::Invalid("headers"),
            Self::BodyOfReading => Kind::Invalid("body"),
            Self::Time { .. } => Kind::Invalid("timeout-ms"),
            Self::SecretElsewhere { .. } | Self::NotGranted(_) | Self::Refused { .. } | Self::Downgrade(_) => {
                Kind::Denied
            }
            Self::Redirected { reason, .. } => reason.kind(),
            Self::Location(_)
            | Self::TooManyRedirects { .. }
            | Self::Unreachable { .. }
            | Self::UnknownIssuer { .. }
            | Self::BrokeOff { .. } => Kind::Unavailable,
            Self::BodyTooLong { .. }
            | Self::TooSlow { .. }
            | Self::Stalled { .. }
            | Self::AnswerTooLong { .. }
            | Self::AnswerHeaders { .. } => Kind::Exhausted,
        }
    }

    /// What an error of the client says, in our words. Its own names the whole address.
    pub(crate) fn failed(error: &reqwest::Error, origin: &Origin) -> Self {
        let origin = origin.clone();
        let chain = chain(error);
        let lookup = chain.iter().find_map(|inner| inner.downcast_ref::<LookupError>());
        if let Some(LookupError::Refused(refused)) = lookup {
            return Self::Refused { origin, refused: *refused };
        }
        if chain.iter().any(|inner| is_unknown_issuer(*inner)) {
            return Self::UnknownIssuer { origin };
        }
        // The innermost says what happened, those around it only where.
        let reason = chain.last().map_or_else(|| "it does not say why".to_owned(), ToString::to_string);
        if error.is_connect() || lookup.is_some() {
            return Self::Unreachable { origin, reason };
        }
        // This error of hyper's, which reads the answer, can be told from others by its words alone.
        if reason.contains("message head is too large") {
            return Self::AnswerHeaders { origin };
        }
        Self::BrokeOff { origin, reason }
    }
}

/// What an error came of, the innermost last.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = error.source();
    while let Some(inner) = next {
        chain.push(inner);
        // What an I/O error was made of is not its source; the source of that is.
        let made_of = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = made_of.map(|made_of| made_of as &(dyn Error + 'static)).or_else(|| inner.source());
    }
    chain
}

fn is_unknown_issuer(error: &(dyn Error + 'static)) -> bool {
    let tls = error.downcast_ref::<rustls::Error>();
    matches!(tls, Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)))
}

/// Where an address lies, and the line to add.
fn refusal(origin: &Origin, refused: &Refused) -> String {
    let Refused { address, inner, network } = refused;
    let mut is = origin.to_string();
    if origin.host().trim_matches(['[', ']']) != address.to_string() {
        is = format!("{is} is at {address}, which");
    }
    if inner != address {
        is = format!("{is} stands for {inner}, which");
    }
    // A colon at its start means something else to YAML.
    let line = match inner {
        std::net::IpAddr::V4(inner) => format!("{inner}/32"),
        std::net::IpAddr::V6(inner) => format!("\"{inner}/128\""),
    };
    format!(
        "{is} lies in {} ({}, {}), where this server does not call; an administrator can allow it in vestry.yml \
         with\n\n    outbound:\n      networks: [{line}]",
        network.network, network.purpose, network.source
    )
}
