use vestry_identity::PermissionSet;
use vestry_storage::AuditFilter;

use super::*;

const VALUE: &str = "correct horse battery";
const API: &str = "https://api.example.org";
const NOW: u64 = 1_000;
const READER: Holder<'_> = Holder::Plugin("org.example.reader");

fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap()
}

fn value(text: &str) -> SecretValue {
    SecretValue::parse(text).unwrap()
}

fn secrets_with(configured: Configured) -> (Database, Secrets) {
    let database = Database::temporary().unwrap();
    (database.clone(), Secrets::new(database, [7; 32], configured))
}

fn configured(name_of: &str, source: ConfiguredSource, origin: Option<&str>) -> Configured {
    let origin = origin.map(|origin| Origin::parse(origin).unwrap());
    Configured::from([(name(name_of), ConfiguredSecret { source, origin })])
}

fn set(secrets: &Secrets, name_of: &str, origin: Option<&str>) {
    let origin = origin.map(|origin| Origin::parse(origin).unwrap());
    secrets.set(&Actor::console(), &name(name_of), origin.as_ref(), &value(VALUE), NOW).unwrap();
}

fn exposed(result: Result<SecretValue, SecretError>) -> Result<String, String> {
    result.map(|value| value.expose().to_owned()).map_err(|error| error.to_string())
}

#[test]
fn a_secret_is_given_out_as_it_is_bound() {
    let (_, secrets) = secrets_with(Configured::new());
    set(&secrets, "free", None);
    set(&secrets, "bound", Some(API));
    assert_eq!(exposed(secrets.reveal(READER, "free")).unwrap(), VALUE);
    assert!(matches!(secrets.for_origin(READER, "free", API), Err(SecretError::Unbound { .. })));
    assert!(matches!(secrets.reveal(READER, "bound"), Err(SecretError::Bound { .. })));
    assert_eq!(exposed(secrets.for_origin(READER, "bound", "HTTPS://API.example.org:443")).unwrap(), VALUE);
    for elsewhere in ["http://api.example.org", "https://api.example.org:444", "https://example.org", "", "nothing"] {
        assert!(
            matches!(secrets.for_origin(READER, "bound", elsewhere), Err(SecretError::Elsewhere { .. })),
            "{elsewhere}"
        );
    }
    for absent in ["absent", "No Name", ""] {
        assert!(matches!(secrets.reveal(READER, absent), Err(SecretError::Unknown(_))), "{absent}");
    }
}

#[test]
fn setting_again_replaces_and_deleting_takes_away() {
    let (database, secrets) = secrets_with(Configured::new());
    set(&secrets, "one", Some(API));
    secrets.set(&Actor::console(), &name("one"), None, &value("another value"), NOW + 1).unwrap();
    assert_eq!(exposed(secrets.reveal(READER, "one")).unwrap(), "another value");
    assert!(secrets.delete(&Actor::console(), &name("one"), NOW + 2).unwrap());
    assert!(!secrets.delete(&Actor::console(), &name("one"), NOW + 3).unwrap());
    assert!(matches!(secrets.reveal(READER, "one"), Err(SecretError::Unknown(_))));
    let audited = database.read(|reader| reader.audit_entries(&AuditFilter::default(), 10)).unwrap();
    let acts: Vec<_> =
        audited.iter().map(|row| (row.action.as_str(), row.subject.as_str(), row.detail.as_str())).collect();
    assert_eq!(
        acts,
        [
            ("secret.delete", "one", ""),
            ("secret.set", "one", ""),
            ("secret.set", "one", "bound to https://api.example.org")
        ]
    );
}

#[test]
fn only_who_may_manage_secrets_sets_and_deletes_them() {
    let (_, secrets) = secrets_with(Configured::new());
    set(&secrets, "one", None);
    let nobody = Actor::service("plugin", PermissionSet::default());
    assert!(matches!(secrets.set(&nobody, &name("two"), None, &value(VALUE), NOW), Err(SecretError::Forbidden)));
    assert!(matches!(secrets.delete(&nobody, &name("one"), NOW), Err(SecretError::Forbidden)));
    assert_eq!(secrets.list().unwrap().len(), 1);
    assert!(secrets.reveal(READER, "one").is_ok() && secrets.reveal(READER, "two").is_err());
}

#[test]
fn a_row_that_does_not_open_says_which_to_set_again_and_leaves_the_others() {
    let (database, secrets) = secrets_with(Configured::new());
    ["good", "swapped", "unbound", "damaged"].iter().for_each(|name| set(&secrets, name, Some(API)));
    database
        .write(|tx| {
            let row = |name: &str| tx.secret(name).map(Option::unwrap);
            tx.put_secret(&SecretRow { name: "swapped".into(), ..row("good")? })?;
            tx.put_secret(&SecretRow { origin: None, ..row("unbound")? })?;
            tx.put_secret(&SecretRow { sealed: vec![1, 2, 3], ..row("damaged")? })?;
            tx.put_secret(&SecretRow { name: "Odd Name".into(), ..row("good")? })
        })
        .unwrap();
    for broken in ["swapped", "unbound", "damaged"] {
        for error in [exposed(secrets.reveal(READER, broken)), exposed(secrets.for_origin(READER, broken, API))] {
            let error = error.unwrap_err();
            assert!(error.contains(&format!("`{broken}`")) && error.contains("set it again"), "{error}");
        }
    }
    let usable: Vec<_> =
        secrets.list().unwrap().into_iter().filter(|view| view.problem.is_none()).map(|view| view.name).collect();
    assert_eq!(usable, ["good"]);
    let other_key = Secrets::new(database, [8; 32], Configured::new());
    assert!(exposed(other_key.for_origin(READER, "good", API)).unwrap_err().contains("set it again"));
    set(&other_key, "good", Some(API));
    assert_eq!(exposed(other_key.for_origin(READER, "good", API)).unwrap(), VALUE);
}

#[test]
fn the_configuration_goes_first_and_is_read_when_it_is_needed() {
    let directory = std::env::temp_dir().join(format!("vestry-secret-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("api");
    let (database, secrets) = secrets_with(configured("api", ConfiguredSource::File(file.clone()), Some(API)));
    set(&Secrets::new(database, [7; 32], Configured::new()), "api", None);
    let missing = exposed(secrets.for_origin(READER, "api", API)).unwrap_err();
    assert!(missing.contains("`api`") && missing.contains(file.to_str().unwrap()), "{missing}");
    fs::write(&file, "from the file\n").unwrap();
    assert_eq!(exposed(secrets.for_origin(READER, "api", API)).unwrap(), "from the file");
    fs::write(&file, "newer one").unwrap();
    assert_eq!(exposed(secrets.for_origin(READER, "api", API)).unwrap(), "newer one");
    fs::write(&file, "x".repeat(MAX_VALUE + 1)).unwrap();
    assert!(exposed(secrets.for_origin(READER, "api", API)).unwrap_err().contains("`api`"));
    fs::remove_dir_all(&directory).unwrap();

    let view = &secrets.list().unwrap()[0];
    assert_eq!((view.source.clone(), view.hides_stored), (SecretSource::File(file), true));
    assert!(view.problem.is_some());
    let refused = secrets.set(&Actor::console(), &name("api"), None, &value(VALUE), NOW);
    assert!(matches!(refused, Err(SecretError::Configured(_))));
    assert!(secrets.delete(&Actor::console(), &name("api"), NOW).unwrap(), "the one that it hides can go");
    assert!(matches!(secrets.delete(&Actor::console(), &name("api"), NOW), Err(SecretError::Configured(_))));
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let variable = "VESTRY_NO_SUCH_VARIABLE_OF_A_TEST";
    let (_, secrets) = secrets_with(configured("smtp", ConfiguredSource::Environment(variable.into()), None));
    let error = exposed(secrets.reveal(READER, "smtp")).unwrap_err();
    assert!(error.contains("`smtp`") && error.contains(variable), "{error}");
    let (_, secrets) = secrets_with(configured("path", ConfiguredSource::Environment("PATH".into()), None));
    assert_eq!(exposed(secrets.reveal(READER, "path")).unwrap(), std::env::var("PATH").unwrap());
}

#[test]
fn what_is_not_a_file_is_not_waited_for() {
    let (_, secrets) = secrets_with(configured("dir", ConfiguredSource::File("/dev/zero".into()), None));
    assert!(exposed(secrets.reveal(READER, "dir")).unwrap_err().contains("not a file"));
}

#[test]
fn what_one_was_given_is_taken_out_of_its_words_alone_and_nothing_prints_it() {
    let (_, secrets) = secrets_with(Configured::new());
    set(&secrets, "one", None);
    set(&secrets, "bound", Some(API));
    let said = format!("it is {VALUE}!");
    let hidden = |redaction: Redaction| redaction.redact(&said) == "it is •••!";
    for refused in [secrets.reveal(READER, "bound"), secrets.for_origin(READER, "bound", "https://b.example")] {
        assert!(refused.is_err());
    }
    assert!(!hidden(secrets.words_of(READER)), "what was refused was not given");
    secrets.for_origin(READER, "bound", API).unwrap();
    assert!(hidden(secrets.words_of(READER)) && !hidden(secrets.answers_of("org.example.reader")));
    let value = secrets.reveal(READER, "one").unwrap();
    assert!(hidden(secrets.clone().words_of(READER)) && hidden(secrets.answers_of("org.example.reader")));
    for other in [Holder::Plugin("org.example.other"), Holder::Host] {
        assert!(!hidden(secrets.words_of(other)), "{other:?} cannot find out");
    }
    secrets.reveal(Holder::Host, "one").unwrap();
    assert!(hidden(secrets.words_of(Holder::Host)) && !hidden(secrets.words_of(Holder::Plugin("org.example.other"))));
    assert!(!format!("{secrets:?}{value:?}{:?}{:?}", secrets.list(), secrets.words_of(READER)).contains(VALUE));
}

#[test]
fn a_json_document_stays_one() {
    let (_, secrets) = secrets_with(Configured::new());
    for (name_of, text) in [("number", "31415926"), ("quoted", "with \"quotes\" and \\"), ("plain", VALUE)] {
        secrets.set(&Actor::console(), &name(name_of), None, &value(text), NOW).unwrap();
        secrets.reveal(READER, name_of).unwrap();
    }
    let document = serde_json::json!({
        "number": 31_415_926, "list": [1, null, true, "with \"quotes\" and \\!"], VALUE: {"plain": [VALUE]},
        "inside": serde_json::json!({"again": "with \"quotes\" and \\"}).to_string(),
    });
    let clean: serde_json::Value =
        serde_json::from_str(&secrets.words_of(READER).redact_json(&document.to_string())).unwrap();
    let expected = serde_json::json!({
        "number": "•••", "list": [1, null, true, "•••!"], "•••": {"plain": ["•••"]}, "inside": clean["inside"],
    });
    assert_eq!(clean, expected);
    assert!(!clean["inside"].to_string().contains("quotes"));
    for untouched in ["{ \"b\": 1.50, \"a\": 2 }", "not json"] {
        assert_eq!(secrets.words_of(READER).redact_json(untouched), untouched);
    }
    assert_eq!(secrets.words_of(READER).redact_json(&format!("not json, {VALUE}")), "not json, •••");
}
