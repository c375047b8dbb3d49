//! What cannot be read: said at the field, with what can be done about it.

use vestry_tests::utilities::{application, column, contract, made_elsewhere, read, result_of, send, sending};
use vestry_tests::{Answer, database};

use crate::{HOUSE, list, user};

/// The largest file that is taken, in bytes.
const LARGEST: usize = 7 << 20;
/// The page that a form comes back as, with the error at the field.
#[track_caller]
fn refused(answer: &Answer, field: &str, words: &str) {
    assert_eq!(answer.status, 422, "{}", answer.page().text("main"));
    let page = answer.page();
    let described = page.attributes(&format!("main [name='{field}']"), "aria-invalid");
    assert_eq!(described, ["true"], "the error is at `{field}`: {}", page.text("main"));
    assert!(page.text("main").contains(words), "`{words}` is said: {}", page.text("main"));
}

#[test]
fn what_cannot_be_read_is_said_at_the_field() {
    let (_, client) = user("Emil Error");
    refused(&send(&client, "pdf", "", b""), "file", "Choose a file.");
    refused(&client.post("/utilities/pdf", &[]), "file", "Choose a file.");
    refused(&send(&client, "pdf", "nothing.pdf", b""), "file", "This file is empty");
    refused(&send(&client, "pdf", "letter.docx", &contract()), "file", "This is not a PDF file");
    refused(&send(&client, "pdf", "cut.pdf", b"%PDF-1.7\nnothing behind it"), "file", "damaged");
    refused(&send(&client, "docx", "form.docx", &application()), "file", "This is a PDF");
    refused(&send(&client, "docx", "old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"), "file", "This is");
    refused(&send(&client, "docx", "text.docx", b"Dear Sir or Madam"), "file", "not a DOCX file");
    let mut broken = contract();
    let middle = broken.len() / 3;
    broken.drain(middle..middle + 40);
    refused(&send(&client, "docx", "broken.docx", &broken), "file", "damaged");
    assert!(list(&client, "")["blocks"]["recent"]["rows"].as_array().is_some_and(Vec::is_empty), "nothing is kept");
}

#[test]
fn a_file_that_is_too_large_is_told_the_limit() {
    let (_, client) = user("Lena Large");
    let padded = |bytes: usize| {
        let mut file = application();
        let at = file.windows(9).position(|nine| nine == b"startxref").expect("it ends") - 1;
        let missing = bytes - file.len();
        // Comments are passed over; the table's place stays.
        file.splice(at..at, [b"\n%"[..].to_vec(), vec![b'x'; missing - 3], b"\n".to_vec()].concat());
        file
    };
    let page = read(&client, "pdf", "large.pdf", &padded(LARGEST));
    assert_eq!(column(&page, "fields", "name").len(), 10);
    refused(&send(&client, "pdf", "larger.pdf", &padded(LARGEST + 1)), "file", "larger than 7 MiB");
    refused(&send(&client, "docx", "larger.docx", &padded(LARGEST + 1)), "file", "larger than 7 MiB");
    let flood = client.call("POST", "/utilities/pdf").flood("application/octet-stream", 40 << 20);
    assert_eq!(flood.status, 413, "{}", flood.text());
}

#[test]
fn passwords_open_what_they_are_of_and_are_not_kept() {
    let (_, client) = user("Enno Encrypted");
    let secret = "geheim";
    for name in ["locked-4-password", "locked-6-password"] {
        let file = made_elsewhere(&format!("pdf/{name}"));
        let sent = |fields: &[(&str, &str)]| sending(&client, "pdf", name, &file, fields).send();
        refused(&sent(&[]), "password", "encrypted. Type its password");
        refused(&sent(&[("password", "")]), "password", "encrypted. Type its password");
        let wrong = sent(&[("password", "not it at all")]);
        refused(&wrong, "password", "not the password");
        assert!(!wrong.text().contains("not it at all"), "it is not shown again");
        let result = result_of(&sent(&[("password", secret)]));
        let page = client.get(&result).expect(200);
        assert!(page.page().text("main").contains("Opens with a password only"), "{}", page.page().text("main"));
        assert!(!page.text().contains(secret));
    }
    let database = database::Snapshot::of(HOUSE.server.data());
    assert!(!database.contains(secret) && !database.contains("not it at all"));
    assert!(!HOUSE.server.log().contains(secret));
    // What opens without one is read all the same.
    read(&client, "pdf", "open.pdf", &made_elsewhere("pdf/locked-3"));
}
