//! `mail`: who mails come from, and which server takes them.
//!
//! ```yaml
//! mail:
//!   from: Vestry <vestry@example.org>
//!   smtp: {host: mail.example.org, tls: required, user: vestry, password-secret: smtp}
//! ```
//!
//! Without `smtp`, mails become files in the data directory and leave it no further. The password does not stand here: it
//! is a secret, by its name.

use std::net::IpAddr;

use serde::Deserialize;
use serde::de::IgnoredAny;
use vestry_mail::{Sender, Tls};
use vestry_vault::SecretName;

/// How mails leave.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct MailSettings {
    pub from: Sender,
    pub smtp: Option<SmtpSettings>,
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub sign_in: Option<SignIn>,
}

/// What the server signs in with.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub user: String,
    /// Name of the secret that is the password.
    pub password: SecretName,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { from: Sender::local(), smtp: None }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    from: Option<String>,
    smtp: Option<WrittenSmtp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenSmtp {
    host: String,
    port: Option<u16>,
    tls: Option<String>,
    user: Option<String>,
    password_secret: Option<String>,
    /// Does not belong here, and is not looked at, so that no error can say it.
    password: Option<IgnoredAny>,
}

/// What `tls` can be, and the port that goes with it.
const TLS: &[(&str, Tls, u16)] =
    &[("required", Tls::Required, 465), ("starttls", Tls::Starttls, 587), ("none", Tls::None, 25)];

impl TryFrom<Written> for MailSettings {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let from = match (written.from, &written.smtp) {
            (Some(from), _) => from.parse().map_err(|error| format!("mail.from: `{from}`: {error}"))?,
            (None, None) => Sender::local(),
            (None, Some(_)) => {
                return Err("mail.from is missing: who do mails come from? Write it beside `smtp`".into());
            }
        };
        Ok(Self { from, smtp: written.smtp.map(smtp).transpose()? })
    }
}

fn smtp(written: WrittenSmtp) -> Result<SmtpSettings, String> {
    if written.password.is_some() {
        return Err(
            "mail.smtp.password does not belong here; set it as a secret, and name that as `password-secret`".into()
        );
    }
    let host = written.host;
    if host.is_empty()
        || host.contains(|character: char| character.is_whitespace() || "/:@".contains(character))
            && host.parse::<IpAddr>().is_err()
    {
        return Err(format!("mail.smtp.host: `{host}` is not the name of a server; write it like mail.example.org"));
    }
    let named = written.tls.as_deref().unwrap_or("required");
    let (_, tls, usual) = TLS.iter().find(|(name, ..)| *name == named).ok_or_else(|| {
        format!("mail.smtp.tls: `{named}` is not `required` (from the first byte), `starttls` or `none`")
    })?;
    let sign_in = match (written.user, written.password_secret) {
        (None, None) => None,
        (Some(user), Some(name)) => {
            let password =
                SecretName::parse(&name).map_err(|invalid| format!("mail.smtp.password-secret: {invalid}"))?;
            Some(SignIn { user, password })
        }
        (Some(_), None) => {
            return Err(
                "mail.smtp.user needs `password-secret` beside it: the name of a secret, not the password".into()
            );
        }
        (None, Some(_)) => return Err("mail.smtp.password-secret needs `user` beside it".into()),
    };
    if sign_in.is_some() && *tls == Tls::None && !is_this_machine(&host) {
        return Err(format!(
            "mail.smtp.tls: a password would be sent to {host} in clear; choose `required` or `starttls`"
        ));
    }
    Ok(SmtpSettings { port: written.port.unwrap_or(*usual), host, tls: *tls, sign_in })
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<MailSettings, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_server_mails_stay_here() {
        for text in ["{}", "from: Parish <office@example.org>"] {
            assert!(read(text).unwrap().smtp.is_none());
        }
        assert_eq!(MailSettings::default().from.to_string(), "Vestry <vestry@localhost>");
    }

    #[test]
    fn the_port_follows_from_tls_which_is_required() {
        let smtp =
            |more: &str| read(&format!("from: a@b.org\nsmtp: {{host: mail.b.org{more}}}\n")).unwrap().smtp.unwrap();
        assert_eq!((smtp("").port, smtp("").tls), (465, Tls::Required));
        assert_eq!((smtp(", tls: starttls").port, smtp(", tls: starttls").tls), (587, Tls::Starttls));
        assert_eq!((smtp(", tls: none, port: 2525").port, smtp(", tls: none").port), (2525, 25));
        let sign_in = smtp(", user: vestry, password-secret: smtp").sign_in.unwrap();
        assert_eq!((sign_in.user.as_str(), sign_in.password.as_str()), ("vestry", "smtp"));
        assert!(read("from: a@b.org\nsmtp: {host: '::1', tls: none, user: a, password-secret: b}").is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        for (text, said) in [
            ("from: Vestry", "mail.from"),
            ("from: \"a@b.org\\r\\nBcc: x@y.z\"", "mail.from"),
            ("smtp: {host: mail.b.org}", "mail.from is missing"),
            ("from: a@b.org\nsmtp: {host: ''}", "mail.smtp.host"),
            ("from: a@b.org\nsmtp: {host: 'https://mail.b.org'}", "mail.smtp.host"),
            ("from: a@b.org\nsmtp: {host: m.b.org, tls: yes}", "`starttls`"),
            ("from: a@b.org\nsmtp: {host: m.b.org, user: a}", "password-secret"),
            ("from: a@b.org\nsmtp: {host: m.b.org, password-secret: a}", "`user`"),
            ("from: a@b.org\nsmtp: {host: m.b.org, user: a, password-secret: b, tls: none}", "in clear"),
            ("from: a@b.org\nsmtp: {host: m.b.org, password: hunter2}", "password-secret"),
            ("from: a@b.org\nsmtp: {port: 25}", "host"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
