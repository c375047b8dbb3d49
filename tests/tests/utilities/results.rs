//! Results: for who asked, for a week, and as files.

use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use vestry_tests::utilities::{application, column, contract, docx, read, result_of, send, sending};
use vestry_tests::{House, database};

use crate::{HOUSE, MAY_USE, list, user};

#[test]
fn a_result_can_be_taken_away() {
    let (_, client) = user("Dora Download");
    let result = result_of(&send(&client, "pdf", "C:\\forms\\A\u{202e}b;.pdf", &application()));
    let page = client.get_json(&result).expect(200).json();
    let name = page["title"].as_str().expect("a title");
    assert!(name.ends_with(".pdf") && !name.contains(['\\', '\u{202e}']), "{name:?}");
    let taken = |format: &str| client.get(&format!("{result}/as/{format}"));
    let csv = taken("csv").expect(200);
    assert!(csv.header("content-disposition").is_some_and(|how| how.starts_with("attachment")), "{:?}", csv.headers);
    assert!(
        csv.text().starts_with("name,kind,page") && csv.text().contains("applicant_name,text,1,72,122,220,20"),
        "{}",
        csv.text()
    );
    let json = taken("json").expect(200).json();
    assert_eq!(json["fields"].as_array().map(Vec::len), Some(10), "{json:#}");
    let yaml = taken("yaml").expect(200).text();
    assert_eq!(Some(yaml.as_str()), page["blocks"]["source"]["text"].as_str());
    assert_eq!(taken("exe").status, 404);
}

#[test]
fn results_are_for_who_asked_alone() {
    let ((_, one), (_, other)) = (user("Olga One"), user("Otto Other"));
    let result = result_of(&send(&one, "pdf", "mine.pdf", &application()));
    for path in ["", "/pages", "/as/csv", "/as/json", "/as/yaml"] {
        one.get(&format!("{result}{path}")).expect(200);
        assert_eq!(other.get(&format!("{result}{path}")).status, 404, "{path}");
        assert_eq!(HOUSE.as_admin().get(&format!("{result}{path}")).status, 404, "{path}");
    }
    assert_eq!(other.post(&format!("{result}/delete"), &[]).status, 404);
    assert!(column(&list(&other, ""), "recent", "file").is_empty());
    assert_eq!(column(&list(&one, ""), "recent", "file").len(), 1);
    let gone = one.post(&format!("{result}/delete"), &[]);
    assert!(one.follow(gone).page().text("body").contains("mine.pdf is deleted"));
    assert_eq!(one.get(&result).status, 404);
    assert!(column(&list(&one, ""), "recent", "file").is_empty());
    for path in ["nothing", "..%2F..%2Frecent", "a/b", "%00", &"x".repeat(600)] {
        let answer = one.get(&format!("/utilities/results/{path}"));
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}

#[test]
fn the_newest_twenty_are_kept() {
    let (_, client) = user("Nils Newest");
    let file = docx(&["{{ a }}"], "");
    let results: Vec<String> =
        (0..22).map(|number| result_of(&send(&client, "docx", &format!("letter-{number}.docx"), &file))).collect();
    let names = column(&list(&client, ""), "recent", "file");
    assert_eq!(names.len(), 20);
    assert!(
        names[0].to_string().contains("letter-21.docx") && names[19].to_string().contains("letter-2.docx"),
        "{names:?}"
    );
    let statuses: Vec<u16> = results.iter().map(|result| client.get(result).status).collect();
    assert_eq!((&statuses[..2], &statuses[2..]), (&[404, 404][..], &[200; 20][..]));
}

#[test]
fn files_that_come_at_once_are_all_read() {
    let (person, _) = user("Paul Parallel");
    let token = HOUSE.token(&person, &[MAY_USE]);
    let file = application();
    let results: Vec<String> = thread::scope(|scope| {
        let send = |number: usize| {
            let (program, file) = (HOUSE.with_token(&token), &file);
            let name = format!("form-{number}.pdf");
            scope.spawn(move || {
                let sent = sending(&program, "pdf", &name, file, &[]).header("accept", "application/json").send();
                sent.expect(200).json()["location"].as_str().expect("a location").to_owned()
            })
        };
        let sent: Vec<_> = (0..12).map(send).collect();
        sent.into_iter().map(|sent| sent.join().expect("it is read")).collect()
    });
    let program = HOUSE.with_token(&token);
    results.iter().for_each(|result| drop(program.get_json(result).expect(200)));
    assert_eq!(column(&list(&program, ""), "recent", "file").len(), 12);
}

#[test]
fn results_end_after_a_week() {
    const WEEK: u128 = 7 * 86_400_000;
    let house = House::open("utilities-week");
    let client = house.as_admin();
    let result = result_of(&send(&client, "docx", "letter.docx", &contract()));
    client.get(&result).expect(200);
    let connection = Connection::open(database::file(house.server.data())).expect("the database opens");
    let ends = "SELECT min(expires), max(expires), count(*) FROM kv WHERE key LIKE 'head/%' OR key LIKE 'result/%'";
    let [first, last, count] = connection
        .query_row(ends, [], |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?]))
        .expect("entries can be read");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis();
    let left = u128::try_from(first).expect("it ends after 1970") - now;
    assert!(
        first == last && count == 2 && left < WEEK && left > WEEK - 600_000,
        "what is listed and a result: {first} {last} {count}"
    );
    // As if the week were over.
    connection.execute("UPDATE kv SET expires = 1 WHERE expires = ?1", [first]).expect("an entry can be changed");
    assert_eq!(client.get(&result).status, 404);
    assert!(column(&list(&client, ""), "recent", "file").is_empty());
    // And another one is kept in their place.
    read(&client, "docx", "letter.docx", &contract());
    assert_eq!(column(&list(&client, ""), "recent", "file").len(), 1);
}
