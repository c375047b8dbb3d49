//! Who may look, who may change, and what is said where nobody translates.

use vestry_tests::Form;

use crate::catalogues::imported;
use crate::{HOUSE, WORDS, editor, form, yaml};

#[test]
fn who_may_only_look_changes_nothing_and_nobody_else_gets_in() {
    let admin = HOUSE.as_admin();
    let reader = HOUSE.signed_in(&HOUSE.person("Lea Looks", &["readers"]));
    let nobody = HOUSE.signed_in(&HOUSE.person("Nina Nobody", &[]));
    assert!(reader.get("/utilities").expect(200).page().text("main").contains("Translate system phrases"));
    assert!(!nobody.get("/utilities").expect(200).page().text("main").contains("Translate system phrases"));
    let looks = ["", "/da", "/da/phrases", "/da/catalogue?format=yaml"];
    for path in looks.map(|path| format!("/utilities/translate{path}")) {
        reader.get(&path).expect(200);
        nobody.get(&path).expect(403);
        HOUSE.visitor().get_json(&path).expect_problem(401);
    }
    for path in ["/utilities/translate", "/utilities/translate/da", "/utilities/translate/da/phrases"] {
        let page = reader.get(path).page();
        let posts: Vec<Form> = page
            .forms()
            .into_iter()
            .filter(|form| form.method == "post" && form.action.contains("translate"))
            .collect();
        assert!(posts.is_empty(), "{path}: {posts:#?}");
    }
    assert!(editor(&reader, "da", "q=Sign+in").page().text("table").contains("Sign in"), "the phrases are there");
    let before = yaml(&admin, "da");
    for (path, fields) in [
        ("", vec![("tag", "fr")]),
        ("/da/offered", vec![("offered", "1")]),
        ("/da/remove", vec![]),
        ("/da/phrases", vec![("plugin-0", "vestry"), ("phrase-0", "Sign in"), ("expected-0", "0"), ("other-0", "x")]),
        ("/da/filled", vec![]),
    ] {
        for client in [&reader, &nobody] {
            client.post(&format!("/utilities/translate{path}"), &fields).expect(403);
        }
    }
    imported(&reader, "da", "replace", "x.yml", b"target: da\nphrases:\n  vestry:\n    Sign in: x\n").expect(403);
    assert_eq!(yaml(&admin, "da"), before);
    // Who may change does so without being an administrator.
    let translator = HOUSE.signed_in(&HOUSE.person("Tom Translates", &["translators"]));
    let query = format!("plugin={WORDS}&q=Words");
    translator.submit(&form(&translator, "da", &query).with("other-0", "Ord")).expect(303);
    assert!(editor(&translator, "da", &query).page().text("main").contains("translated by Tom Translates"));
}

#[test]
fn without_anybody_who_translates_there_is_a_sentence_and_no_button() {
    let admin = HOUSE.as_admin();
    let page = admin.get("/utilities/translate/da").expect(200).page();
    assert!(page.text("main").contains("say in the server’s configuration who translates"), "{}", page.text("main"));
    assert!(page.buttons().iter().all(|button| !button.label.starts_with("Have a machine")));
    let answer = admin.follow(admin.post("/utilities/translate/da/filled", &[])).expect(200);
    assert!(answer.page().text("body").contains("does not say who translates"), "{}", answer.page().text("body"));
}
