//! A child that fell into other hands: what it says and leaves is believed in no more than its form.

use std::time::{Duration, Instant};

use crate::{House, at, says};

const SOURCE: &str = "https://git.example.org/hello.git";
const FETCHED: &str = r#"printf '%s\n' '{"fetched":{"detail":"branch main at 0123456789ab"}}'"#;

async fn fetched(script: &str) -> Result<vestry_sources::Fetched, vestry_sources::SourceError> {
    House::with_child(script).fetch(&at(SOURCE), None).await
}

#[tokio::test]
async fn what_it_leaves_is_a_file_and_not_what_leads_to_one() {
    let good = format!("printf component > component; : > readme; {FETCHED}");
    assert_eq!(fetched(&good).await.unwrap().component, b"component");
    let began = Instant::now();
    for leave in [
        "ln -s /etc/passwd component",
        "mkfifo component",
        "mkdir component",
        "printf x > elsewhere; ln -s elsewhere component",
        ":",
        "head -c 67108865 /dev/zero > component",
    ] {
        says!(fetched(&format!("{leave}; : > readme; {FETCHED}")).await, Content, "is not what was asked for");
    }
    assert!(began.elapsed() < Duration::from_secs(10), "nothing is waited for");
}

#[tokio::test]
async fn what_it_says_can_be_seen_and_has_an_end() {
    let long = r#"printf '{"error":{"kind":"content","text":"'; head -c 9000000 /dev/zero | tr '\0' x; echo '"}}'"#;
    says!(fetched(long).await, Content, format!("{}…", "x".repeat(2_000)));
    let hidden = r#"printf '%s\n' '{"error":{"kind":"refused","text":"one\ntwo \u202e\u0000\u001b[2J"}}'"#;
    says!(fetched(hidden).await, Refused, "one\ntwo \\u{202e}\\u{0}\\u{1b}[2J");
    for detail in [r"branch \u202emain at 0", r"a\nb", &"x".repeat(301)] {
        let said =
            format!(r#"printf c > component; : > readme; printf '%s\n' '{{"fetched":{{"detail":"{detail}"}}}}'"#);
        says!(fetched(&said).await, Content, "is not what was asked for");
    }
    let names = [r"1.0.0", r"\u202e1.0.1", r"a\tb", &"x".repeat(256)];
    let names = names.map(|name| format!(r#"{{"name":"{name}","kind":"tag","target":""}}"#)).join(",");
    let house = House::with_child(&format!(r#"printf '%s\n' '{{"references":[{names}]}}'"#));
    let listed = house.references(&at(SOURCE), None).await.unwrap();
    assert_eq!(listed.iter().map(|reference| reference.name.as_str()).collect::<Vec<_>>(), ["1.0.0"]);
}

#[tokio::test]
async fn few_are_asked_at_a_time() {
    let house = House::with_child("sleep 0.4; printf '%s\n' '{\"references\":[]}'");
    let (began, source) = (Instant::now(), at(SOURCE));
    let asked = || house.sources.references(&source, None);
    let asked = tokio::join!(asked(), asked(), asked(), asked(), asked());
    assert!(asked.0.is_ok() && asked.4.is_ok());
    assert!(began.elapsed() >= Duration::from_millis(800), "the fifth waited for one of the four");
}
