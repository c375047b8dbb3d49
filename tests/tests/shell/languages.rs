//! The server in other languages: which one a reader gets, and that everything around a page is in it.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use vestry_tests::{House, languages, wait_for};

const PLUGIN: &str = "org.example.words";
/// Mails are looked for every five seconds, on a machine that is busy with other tests.
const DELIVERED: Duration = Duration::from_secs(60);

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("languages");
    house.install("words");
    languages::offer(
        &house,
        "es",
        &[
            ("", "Sign in", r#"{"other":"Iniciar sesión"}"#),
            ("", "Nothing is here", r#"{"other":"Aquí no hay nada"}"#),
            ("", "Your account", r#"{"other":"Tu cuenta"}"#),
            ("", "Language", r#"{"other":"Idioma"}"#),
            ("", "Your language was saved.", r#"{"other":"Tu idioma está guardado."}"#),
            ("", "A new password for {product}", r#"{"other":"Nueva contraseña para {product}"}"#),
            (PLUGIN, "Words", r#"{"other":"Palabras"}"#),
            (
                PLUGIN,
                "{count} files",
                r#"{"one":"un archivo","many":"{count} de archivos","other":"{count} archivos"}"#,
            ),
            (PLUGIN, "A letter from {who}", r#"{"other":"Una carta de {who}"}"#),
        ],
    );
    languages::offer(
        &house,
        "ar",
        &[
            ("", "Sign in", r#"{"other":"تسجيل الدخول"}"#),
            (
                PLUGIN,
                "{count} files",
                r#"{"zero":"لا ملفات","one":"ملف واحد","two":"ملفان","few":"{count} ملفات","many":"{count} ملفًا","other":"{count} ملف"}"#,
            ),
        ],
    );
    house
});

#[test]
fn a_reader_gets_what_their_browser_asks_for_as_far_as_it_is_offered() {
    let client = HOUSE.visitor();
    for (accepted, lang, dir, heading) in [
        ("es-MX,es;q=0.9,en;q=0.8", "es", "ltr", "Iniciar sesión"),
        ("fr, ar;q=0.5", "ar", "rtl", "تسجيل الدخول"),
        ("fr", "en", "ltr", "Sign in"),
        ("", "en", "ltr", "Sign in"),
        ("*;q=nonsense,,;", "en", "ltr", "Sign in"),
    ] {
        let page = client.call("GET", "/account/sign-in").header("accept-language", accepted).send().expect(200).page();
        assert!(page.has(&format!("html[lang='{lang}'][dir='{dir}']")), "{accepted}");
        assert_eq!(page.text("h1"), heading, "{accepted}");
    }
    let problem = client.call("GET", "/nowhere").header("accept-language", "es").header("accept", "application/json");
    assert_eq!(problem.send().expect_problem(404)["title"], "Aquí no hay nada");
}

#[test]
fn what_a_person_has_chosen_goes_before_their_browser() {
    let person = HOUSE.person("Rosa Reader", &[]);
    let client = HOUSE.signed_in(&person);
    let page = client.get("/account").expect(200).page();
    assert!(page.has("html[lang='en']"));
    let form = page.form_with("language");
    assert_eq!(page.texts("#language option"), ["As my browser asks for", "English", "العربية", "Español"]);
    let answer = client.follow(client.submit(&form.with("language", "es"))).expect(200);
    let page = answer.page();
    assert!(page.has("html[lang='es'] select option[value='es'][selected]"), "{}", answer.text());
    assert!(answer.text().contains("Tu idioma está guardado."), "it is said in the language that was chosen");
    let arabic = client.call("GET", "/account").header("accept-language", "ar").send().expect(200);
    assert_eq!(arabic.page().text("h1"), "Tu cuenta");
    assert!(client.get("/").expect(200).text().contains("Tu cuenta"), "the menu is in it as well");
    assert_eq!(client.post("/account/language", &[("language", "fr")]).status, 403);
    client.post("/account/language", &[("language", "")]);
    assert!(client.get("/account").page().has("html[lang='en']"));
}

#[test]
fn plugins_are_read_in_the_language_and_counted_in_it() {
    let client = HOUSE.as_admin();
    let page = |language: &str, query: &str| {
        client.call("GET", &format!("/words?{query}")).header("accept-language", language).send().expect(200)
    };
    let spanish = page("es", "count=1").page();
    assert_eq!((spanish.text("h1"), spanish.text(".lead")), ("Palabras".into(), "un archivo".into()));
    for (count, said) in [
        ("0", "لا ملفات"),
        ("1", "ملف واحد"),
        ("2", "ملفان"),
        ("3", "\u{2068}3\u{2069} ملفات"),
        ("11", "\u{2068}11\u{2069} ملفًا"),
        ("100", "\u{2068}100\u{2069} ملف"),
    ] {
        assert_eq!(page("ar", &format!("count={count}")).page().text(".lead"), said);
    }
    // What people wrote stays as it is, and what nobody translated as its author wrote it.
    assert!(page("es", "count=2&data=Words").page().text("main").contains("Words"));
    assert_eq!(page("ar", "count=2").page().text("h1"), "\u{2068}Words\u{2069}");
    // A program reads the same words.
    let twin =
        client.call("GET", "/words?count=7").header("accept-language", "es").header("accept", "application/json");
    assert_eq!(twin.send().json()["lead"], "7 archivos");
    // The plugin is told what its reader would like, offered or not.
    assert!(page("pt-BR", "count=2").page().text("main").contains("reader: pt-BR"));
}

#[test]
fn mails_are_in_the_language_that_their_reader_has_chosen() {
    let person = HOUSE.person("Maria Mail", &[]);
    let client = HOUSE.signed_in(&person);
    client.post("/account/language", &[("language", "es")]);
    client.post("/words/letter", &[("who", "Ana")]);
    HOUSE.visitor().post("/account/forgot", &[("email", &person.email)]);
    let admin = HOUSE.as_admin();
    let subjects = || {
        let mails = admin.get_json("/outbox").expect(200).json()["mails"].as_array().cloned().unwrap_or_default();
        let html =
            |mail: &Value| admin.get(&format!("/outbox/{}/html", mail["id"].as_str().unwrap_or_default())).text();
        let texts: Vec<String> = mails.iter().map(html).collect();
        let of = |words: &str| texts.iter().any(|text| text.contains(words));
        (of("Una carta de Ana") && of("Nueva contraseña para")).then_some(())
    };
    assert!(wait_for(DELIVERED, subjects).is_some(), "{}", admin.get("/outbox").text());
}

#[test]
fn phrases_are_known_once_they_were_registered_or_shown() {
    let client = HOUSE.as_admin();
    client.get("/words?count=3").expect(200);
    let soon = |plugin, phrase| languages::place_soon(&HOUSE, plugin, phrase);
    assert_eq!(soon("", "Where you are signed in"), "account/account.html");
    assert_eq!(soon(PLUGIN, "Says things"), "registration");
    assert_eq!(soon(PLUGIN, "{count} files"), "/words");
    assert_eq!(languages::place(&HOUSE, PLUGIN, "reader: en"), None, "what people wrote is no phrase");
    // An address that is a secret is not kept beside the phrase that it was the first to show.
    assert_eq!(client.post("/words/open/4711", &[]).status, 303);
    assert_eq!(soon(PLUGIN, "It is open."), "/words");
}
