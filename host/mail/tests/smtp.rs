//! Deliveries to an SMTP server made for the test: taken, refused for now and for good, silence, a connection that ends.

#![allow(clippy::unwrap_used)]

#[path = "support/server.rs"]
mod server;

use std::time::{Duration, Instant};

use vestry_mail::{Credentials, Letter, MessageId, SendError, Sender, Smtp, Subject, Tls, Transport};

use self::server::{Behaviour, Server};

fn letter() -> Letter {
    let from: Sender = "Vestry <vestry@example.org>".parse().unwrap();
    Letter {
        message_id: MessageId::new("first1", &from).unwrap(),
        from,
        to: "anna@example.org".parse().unwrap(),
        subject: Subject::of("Ihr Konto für München"),
        text: "Hello\n.\n..two\n".into(),
        html: "<p>Hello</p>".into(),
        written: 1_780_000_000_000,
    }
}

fn smtp(server: &Server) -> Smtp {
    Smtp {
        host: "127.0.0.1".into(),
        port: server.port,
        tls: Tls::None,
        credentials: None,
        deadline: Duration::from_secs(5),
    }
}

async fn send(behaviour: Behaviour) -> (Server, Result<(), SendError>) {
    let server = Server::start(behaviour).await;
    let answer = Transport::Smtp(smtp(&server)).send(&letter()).await;
    (server, answer)
}

#[tokio::test]
async fn a_mail_arrives_once_and_whole() {
    let (server, answer) = send(Behaviour::Takes).await;
    assert_eq!(answer, Ok(()));
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].from, "<vestry@example.org>");
    assert_eq!(received[0].to, ["<anna@example.org>"]);
    assert!(received[0].data.contains("Message-ID: <first1@example.org>"), "{}", received[0].data);
    // Lines that begin with a dot come out as they went in.
    assert!(received[0].data.contains("Hello\r\n.\r\n..two\r\n"), "{}", received[0].data);
}

#[tokio::test]
async fn it_signs_in_where_it_has_a_password_and_never_prints_it() {
    let server = Server::start(Behaviour::WantsPassword("vestry", "correct horse")).await;
    let with = |password: &str| {
        let credentials = Credentials { user: "vestry".into(), password: password.into() };
        Transport::Smtp(Smtp { credentials: Some(credentials), ..smtp(&server) })
    };
    assert!(!format!("{:?}", with("correct horse")).contains("horse"));
    assert_eq!(with("correct horse").send(&letter()).await, Ok(()));
    // A wrong password is mended by an administrator: the mail waits for that.
    let refused = with("wrong battery").send(&letter()).await.unwrap_err();
    assert!(refused.is_passing() && !refused.to_string().contains("battery"), "{refused}");
    assert!(refused.to_string().contains("535"), "{refused}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn refusals_are_for_now_or_for_good() {
    for behaviour in [
        Behaviour::At("MAIL", "451 4.7.1 greylisted"),
        Behaviour::At("RCPT", "450 busy"),
        Behaviour::At("DATA", "421 bye"),
    ] {
        let (server, answer) = send(behaviour).await;
        let error = answer.unwrap_err();
        assert!(error.is_passing(), "{behaviour:?}: {error}");
        assert!(server.received().is_empty());
    }
    for behaviour in [Behaviour::At("RCPT", "550 5.1.1 no such user"), Behaviour::At(".", "554 spam")] {
        let (server, answer) = send(behaviour).await;
        let error = answer.unwrap_err();
        assert!(!error.is_passing(), "{behaviour:?}: {error}");
        assert!(error.to_string().contains("55"), "{error}");
        assert!(server.received().is_empty());
    }
    // It is us that it does not want, not this mail.
    let (_, answer) = send(Behaviour::At("EHLO", "550 go away")).await;
    assert!(answer.unwrap_err().is_passing());
}

#[tokio::test]
async fn silence_and_a_lost_connection_pass() {
    for behaviour in [Behaviour::HangsUpAt("greeting"), Behaviour::HangsUpAt("RCPT"), Behaviour::HangsUpAt(".")] {
        let (_, answer) = send(behaviour).await;
        assert!(answer.as_ref().is_err_and(SendError::is_passing), "{behaviour:?}: {answer:?}");
    }
    for behaviour in [Behaviour::SilentAt("greeting"), Behaviour::SilentAt("DATA")] {
        let server = Server::start(behaviour).await;
        let began = Instant::now();
        let short = Smtp { deadline: Duration::from_millis(300), ..smtp(&server) };
        let answer = Transport::Smtp(short).send(&letter()).await;
        assert!(answer.as_ref().is_err_and(SendError::is_passing), "{behaviour:?}: {answer:?}");
        assert!(began.elapsed() < Duration::from_secs(3), "{behaviour:?} took {:?}", began.elapsed());
    }
    let nobody = Smtp { port: free_port().await, ..Server::start(Behaviour::Takes).await.smtp_like() };
    assert!(Transport::Smtp(nobody).send(&letter()).await.unwrap_err().is_passing());
}

#[tokio::test]
async fn a_server_that_is_silent_after_it_took_the_mail_has_taken_it() {
    let (server, answer) = send(Behaviour::SilentAt("QUIT")).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn where_tls_is_wanted_nothing_is_said_without_it() {
    let server = Server::start(Behaviour::Takes).await;
    for tls in [Tls::Starttls, Tls::Required] {
        let credentials = Some(Credentials { user: "vestry".into(), password: "correct horse".into() });
        let wanting = Smtp { tls, credentials, deadline: Duration::from_secs(1), ..smtp(&server) };
        let answer = Transport::Smtp(wanting).send(&letter()).await;
        assert!(answer.as_ref().is_err_and(SendError::is_passing), "{tls:?}: {answer:?}");
    }
    assert!(server.received().is_empty());
    let heard = server.heard();
    assert!(!heard.iter().any(|line| line.contains("AUTH") || line.contains("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn an_address_that_the_server_cannot_take_is_refused_for_good() {
    let server = Server::start(Behaviour::Takes).await;
    let foreign = Letter { to: "jürgen@example.org".parse().unwrap(), ..letter() };
    let answer = Transport::Smtp(smtp(&server)).send(&foreign).await;
    assert!(answer.is_err_and(|error| !error.is_passing()));
}

async fn free_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}
