//! The editor: what it saves, what it refuses and where, and that it meets each phrase.

use vestry_tests::Form;

use crate::{HOUSE, WORDS, add, editor, form, phrases, total};

const FILES: &str = "{count} files";
#[test]
fn the_editor_saves_what_was_changed_and_says_at_each_field_what_it_refuses() {
    let admin = HOUSE.as_admin();
    add(&admin, "pl");
    let query = format!("plugin={WORDS}&state=missing");
    let before = total(&admin, "pl", &query);
    let page = editor(&admin, "pl", &query).page();
    assert!(page.has("form.form-beside"), "side by side");
    let sent = page.form_with("phrase-0");
    let number = |phrase: &str| {
        let found = phrases(&sent).into_iter().find(|(_, known)| known == phrase);
        found.unwrap_or_else(|| panic!("{phrase} is among {:?}", phrases(&sent))).0
    };
    let (files, letter, words) = (number(FILES), number("A letter from {who}"), number("Words"));
    for plural in ["one", "few", "many", "other"] {
        assert!(
            page.has(&format!("textarea[name='{plural}-{files}'][lang='pl'][dir='ltr']")),
            "{plural}: {:?} {:?}",
            page.attributes("textarea", "name"),
            page.attributes("textarea", "lang")
        );
    }
    assert!(!page.has(&format!("textarea[name='one-{words}']")), "what counts nothing has one form");
    let typed = sent
        .with(&format!("one-{files}"), "{count} plik")
        .with(&format!("few-{files}"), "{count} pliki")
        .with(&format!("many-{files}"), "{number} plików")
        .with(&format!("other-{files}"), "{count} pliku")
        .with(&format!("other-{letter}"), "List")
        .with(&format!("other-{words}"), "Słowa & <b>więcej</b>");
    let answer = admin.submit(&typed).expect(422);
    let page = answer.page();
    assert_eq!(page.attributes("textarea[aria-invalid=true]", "name"), ["many-0", "other-1"], "{}", page.text("main"));
    let wrong = page.texts(".field .wrong");
    assert!(wrong[0].contains("{number} is not in the phrase") && wrong[1].contains("{who} is missing"), "{wrong:?}");
    let again = page.form_with("phrase-0");
    assert_eq!(again.value("many-0"), Some("{number} plików"), "what was typed stays");
    assert_eq!((again.value("few-0"), phrases(&again).len()), (Some("{count} pliki"), 2), "what was saved is gone");
    assert!(page.text("main").contains("1 phrase is saved"), "{}", page.text("main"));
    assert_eq!(total(&admin, "pl", &query), before - 1);

    let mended = again.with("many-0", "{count} plików").with("other-1", "List od: {who}");
    let saved = admin.submit(&mended).expect(303);
    assert_eq!(saved.location(), Some(format!("/utilities/translate/pl/phrases?plugin={WORDS}&state=missing")));
    let page = admin.follow(saved).expect(200).page();
    assert!(page.text("body").contains("2 phrases are saved"), "{}", page.text("body"));
    assert_eq!(total(&admin, "pl", &query), before - 3);

    // Nothing typed is nothing saved; what is emptied is taken away.
    let query = format!("plugin={WORDS}&q=Words");
    let there = form(&admin, "pl", &query);
    assert_eq!(there.value("other-0"), Some("Słowa & <b>więcej</b>"));
    let unchanged = admin.follow(admin.submit(&there)).expect(200);
    assert!(unchanged.page().text("body").contains("Nothing was changed"), "{}", unchanged.page().text("body"));
    admin.submit(&there.with("other-0", "")).expect(303);
    assert_eq!(total(&admin, "pl", &format!("plugin={WORDS}&state=missing")), before - 2);
    assert_eq!(form(&admin, "pl", &query).value("other-0"), Some(""));
}

#[test]
fn whoever_saves_second_is_told_and_decides() {
    let (one, other) = (HOUSE.as_admin(), HOUSE.as_admin());
    add(&one, "sv");
    let query = format!("plugin={WORDS}&q=Says");
    let number =
        |form: &Form| phrases(form).iter().position(|(_, phrase)| phrase == "Says things").expect("it is there");
    let (first, second) = (form(&one, "sv", &query), form(&other, "sv", &query));
    let name = format!("other-{}", number(&first));
    one.submit(&first.with(&name, "Säger saker")).expect(303);
    let refused = other.submit(&second.with(&name, "Berättar")).expect(422).page();
    assert!(refused.text(".field .wrong").contains("“Säger saker”"), "{}", refused.text("main"));
    let again = refused.form_with("phrase-0");
    assert_eq!(again.value("other-0"), Some("Berättar"));
    other.submit(&again).expect(303);
    assert_eq!(form(&one, "sv", &query).value(&name), Some("Berättar"));
    // What somebody empties goes only as they have seen it.
    let (first, second) = (form(&one, "sv", &query), form(&other, "sv", &query));
    one.submit(&first.with(&name, "Säger ord")).expect(303);
    let refused = other.submit(&second.with(&name, "")).expect(422).page();
    assert!(refused.text(".field .wrong").contains("“Säger ord”"), "{}", refused.text("main"));
    other.submit(&refused.form_with("phrase-0")).expect(303);
    assert_eq!(form(&one, "sv", &query).value(&name), Some(""));
}

#[test]
fn pages_of_the_editor_meet_each_phrase_once() {
    let admin = HOUSE.as_admin();
    let all = total(&admin, "da", "plugin=vestry");
    assert!(all > 50, "the server says much: {all}");
    let (mut met, mut at) = (Vec::new(), "plugin=vestry".to_owned());
    loop {
        let page = editor(&admin, "da", &at).page();
        met.extend(phrases(&page.form_with("phrase-0")).into_iter().map(|(_, phrase)| phrase));
        let next = page.links().into_iter().find(|link| link.contains("cursor="));
        let Some((_, next)) = next.as_deref().and_then(|next| next.split_once('?')) else { break };
        at = next.to_owned();
    }
    assert_eq!(met.len() as u64, all);
    met.sort();
    met.dedup();
    assert_eq!(met.len() as u64, all);
    let nothing = editor(&admin, "da", "q=no+phrase+has+these+words").page();
    assert!(nothing.text("main").contains("No phrase is like that"), "{}", nothing.text("main"));
}
