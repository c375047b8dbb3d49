use super::{MailCount, MailCursor, MailState, NewMail};
use crate::Database;

fn queue(database: &Database, id: &str, plugin: &str, address: &str, queued: u64) {
    let mail = NewMail {
        id,
        plugin,
        message: "hello",
        recipient: "one",
        address,
        subject: "Hello",
        sealed: b"sealed",
        queued,
    };
    database.write(|tx| tx.queue_mail(&mail)).unwrap();
}

fn claim(database: &Database, now: u64) -> Vec<(String, u32)> {
    let claimed = database.write(|tx| tx.claim_mails(now, now + 60, 10)).unwrap();
    claimed.into_iter().map(|mail| (mail.id, mail.attempts)).collect()
}

#[test]
fn a_mail_is_taken_by_one_and_again_only_after_the_claim_has_ended() {
    let database = Database::temporary().unwrap();
    queue(&database, "a", "", "x@example.org", 100);
    assert_eq!(claim(&database, 99), []);
    assert_eq!(claim(&database, 100), [("a".into(), 1)]);
    assert_eq!(claim(&database, 159), []);
    assert_eq!(database.read(|reader| reader.next_mail_due()).unwrap(), Some(160));
    assert_eq!(claim(&database, 160), [("a".into(), 2)]);
    // Who slept through the end of the claim says nothing more about it.
    assert!(!database.write(|tx| tx.mail_sent("a", 1, false, 161)).unwrap());
    assert!(!database.write(|tx| tx.mail_not_sent("a", 1, "late", None, 161)).unwrap());
    assert!(database.write(|tx| tx.mail_sent("a", 2, false, 161)).unwrap());
    let mail = database.read(|reader| reader.mail("a")).unwrap().unwrap();
    assert_eq!((mail.state, mail.sealed, mail.ended), (MailState::Sent, None, Some(161)));
    assert_eq!(claim(&database, 1_000), []);
    assert_eq!(database.read(|reader| reader.next_mail_due()).unwrap(), None);
}

#[test]
fn what_is_to_be_shown_keeps_what_it_says() {
    let database = Database::temporary().unwrap();
    queue(&database, "a", "", "x@example.org", 100);
    claim(&database, 100);
    assert!(database.write(|tx| tx.mail_sent("a", 1, true, 101)).unwrap());
    assert!(database.read(|reader| reader.mail("a")).unwrap().unwrap().sealed.is_some());
}

#[test]
fn a_failure_waits_or_ends_and_can_be_tried_anew() {
    let database = Database::temporary().unwrap();
    queue(&database, "a", "", "x@example.org", 100);
    claim(&database, 100);
    assert!(database.write(|tx| tx.mail_not_sent("a", 1, "busy", Some(500), 101)).unwrap());
    assert_eq!(claim(&database, 499), []);
    assert_eq!(claim(&database, 500), [("a".into(), 2)]);
    assert!(!database.write(|tx| tx.retry_mail("a", 501)).unwrap(), "it has not failed");
    assert!(database.write(|tx| tx.mail_not_sent("a", 2, "no such user", None, 502)).unwrap());
    let mail = database.read(|reader| reader.mail("a")).unwrap().unwrap();
    assert_eq!((mail.state, mail.error.as_str(), mail.ended), (MailState::Failed, "no such user", Some(502)));
    assert_eq!(claim(&database, 9_999), []);
    assert!(database.write(|tx| tx.retry_mail("a", 600)).unwrap());
    assert_eq!(claim(&database, 600), [("a".into(), 1)]);
}

#[test]
fn mails_are_counted_by_plugin_and_address_within_a_time() {
    let database = Database::temporary().unwrap();
    for (number, plugin, address, queued) in
        [(1, "p", "x", 10), (2, "p", "x", 20), (3, "p", "y", 30), (4, "q", "x", 30), (5, "", "x", 30)]
    {
        queue(&database, &number.to_string(), plugin, address, queued);
    }
    let count = |since| database.read(|reader| reader.count_mails("p", "x", since)).unwrap();
    assert_eq!(count(0), MailCount { all: 3, to_address: 2 });
    assert_eq!(count(10), MailCount { all: 2, to_address: 1 });
    assert_eq!(count(30), MailCount::default());
}

#[test]
fn pages_follow_one_another_latest_first() {
    let database = Database::temporary().unwrap();
    for (id, queued) in [("a", 10), ("b", 20), ("c", 20), ("d", 30)] {
        queue(&database, id, "", "x", queued);
    }
    let page = |behind: Option<MailCursor>| {
        let mails = database.read(|reader| reader.mails(behind.as_ref(), 2)).unwrap();
        mails.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None), ["d", "c"]);
    assert_eq!(page(Some(MailCursor { queued: 20, id: "c".into() })), ["b", "a"]);
    assert!(page(Some(MailCursor { queued: 10, id: "a".into() })).is_empty());
}

#[test]
fn only_what_has_ended_is_forgotten() {
    let database = Database::temporary().unwrap();
    for id in ["a", "b", "c"] {
        queue(&database, id, "", "x", 10);
    }
    claim(&database, 10);
    database.write(|tx| tx.mail_sent("a", 1, true, 20)).unwrap();
    database.write(|tx| tx.mail_not_sent("b", 1, "no", None, 30)).unwrap();
    assert_eq!(database.write(|tx| tx.purge_mails(30)).unwrap(), [("a".into(), 10)]);
    let left = database.read(|reader| reader.mails(None, 10)).unwrap();
    assert_eq!(left.into_iter().map(|mail| mail.id).collect::<Vec<_>>(), ["c", "b"]);
}
