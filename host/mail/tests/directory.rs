//! Mails as files: whole, once, for nobody else to read.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;

use vestry_mail::{Directory, Letter, MessageId, Sender, Subject, Transport};

fn letter(id: &str) -> Letter {
    let from: Sender = "vestry@example.org".parse().unwrap();
    Letter {
        message_id: MessageId::new(id, &from).unwrap(),
        from,
        to: "anna@example.org".parse().unwrap(),
        subject: Subject::of("Hello"),
        text: "Hello".into(),
        html: "<p>Hello</p>".into(),
        written: 1_780_000_000_000,
    }
}

#[tokio::test]
async fn each_mail_is_one_file_that_only_its_owner_reads() {
    let data = tempfile::tempdir().unwrap();
    let directory = Directory::new(data.path().join("outbox"));
    let transport = Transport::Directory(directory.clone());
    transport.send(&letter("a1")).await.unwrap();
    transport.send(&letter("a1")).await.unwrap();
    transport.send(&letter("b2")).await.unwrap();
    let mut names: Vec<_> = std::fs::read_dir(data.path().join("outbox"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["20260528T202640Z-a1.eml", "20260528T202640Z-b2.eml"]);
    let file = directory.file("a1", 1_780_000_000_000);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(data.path().join("outbox")).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(std::fs::read_to_string(&file).unwrap().contains("Message-ID: <a1@example.org>"));
    directory.remove("a1", 1_780_000_000_000).unwrap();
    directory.remove("a1", 1_780_000_000_000).unwrap();
    assert!(!file.exists());
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_to_is_tried_again() {
    let data = tempfile::tempdir().unwrap();
    let blocked = data.path().join("outbox");
    std::fs::write(&blocked, "a file where the directory should be").unwrap();
    let error = Transport::Directory(Directory::new(blocked)).send(&letter("a1")).await.unwrap_err();
    assert!(error.is_passing() && error.to_string().contains("outbox"), "{error}");
}
