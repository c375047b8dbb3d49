//! The first page: what there is to be used, and by whom.

use vestry_tests::House;
use vestry_tests::utilities::{application, column, read, sending, titles};

use crate::{HOUSE, MAY_USE, list};

#[test]
fn the_list_has_what_plugins_contribute_as_far_as_one_may_use_it() {
    let admin = HOUSE.as_admin();
    let page = list(&admin, "");
    let own = ["Fields of a PDF template", "Fields of a DOCX template"];
    for title in own.iter().chain(&["Notice board", "Keys of the house"]) {
        assert!(titles(&page).iter().any(|known| known == title), "{title} is in {:?}", titles(&page));
    }
    let from = column(&page, "utilities", "plugin");
    assert!(from.iter().any(|from| from == "org.example.board"), "{from:?}");
    let html = admin.get("/utilities").expect(200).page();
    assert!(html.links().contains(&"/board/plain".to_owned()), "{:?}", html.links());
    for link in html.links().iter().filter(|link| link.starts_with("/utilities/")) {
        admin.get(link).expect(200);
    }
    // Somebody without any permission sees what is open to all.
    let nobody = HOUSE.signed_in(&HOUSE.person("Nina Nobody", &[]));
    assert_eq!(titles(&list(&nobody, "")), ["Notice board"]);
    assert!(list(&nobody, "")["blocks"]["recent"].is_null(), "nothing can be read, so there are no results");
    HOUSE.visitor().get_json("/utilities").expect_problem(401);
}

#[test]
fn words_are_looked_for_by_their_beginnings() {
    let admin = HOUSE.as_admin();
    for (asked, found) in [
        ("pdf", &["Fields of a PDF template"][..]),
        ("TEMPL+doc", &["Fields of a DOCX template"]),
        ("emplate", &[]),
        ("%C3%89CRI", &["Notice board"]),
        ("ecri", &[]),
        ("who+keys", &["Keys of the house"]),
        ("%22%3Cx%3E+notice", &[]),
    ] {
        let mut titles = titles(&list(&admin, &format!("?q={asked}")));
        titles.sort();
        assert_eq!(titles, found, "{asked}");
    }
    assert_eq!(titles(&list(&admin, "?q=...")), titles(&list(&admin, "")), "signs begin nothing");
    let page = admin.get("/utilities?q=nothing+like+this").expect(200).page();
    assert!(page.text("main").contains("Nothing begins with “nothing like this”"), "{}", page.text("main"));
    assert_eq!(page.form_with("q").value("q"), Some("nothing like this"));
}

#[test]
fn where_there_is_nothing_it_says_what_to_do() {
    let house = House::open("utilities-empty");
    let nobody = house.signed_in(&house.person("Nora Nobody", &[]));
    let words = nobody.get("/utilities").expect(200).page().text("main");
    assert!(words.contains("Ask an administrator for the permission “Use utilities”"), "{words}");
    let words = house.as_admin().get("/utilities").expect(200).page().text("main");
    assert!(words.contains("Fields of a PDF template") && !words.contains("From"), "all is its own: {words}");
    assert!(words.contains("Choose a utility above"), "{words}");
}

#[test]
fn who_may_not_use_it_reads_nothing() {
    let nobody = HOUSE.signed_in(&HOUSE.person("Nele Nobody", &[]));
    for service in ["pdf", "docx"] {
        assert_eq!(nobody.get(&format!("/utilities/{service}")).status, 403);
        let sent = sending(&nobody, service, "x.pdf", &application(), &[]).header("accept", "application/json");
        sent.send().expect_problem(403);
    }
    nobody.get_json("/utilities/results/anything").expect_problem(403);
    // Who is given the permission may.
    let arguments = ["privilege", "add", "clerks", "--title", "Clerks", "--permission", MAY_USE];
    HOUSE.server.command(&arguments, "");
    let clerk = HOUSE.signed_in(&HOUSE.person("Clara Clerk", &["clerks"]));
    read(&clerk, "pdf", "form.pdf", &application());
}
