//! Packages that need another one: they are mounted when it is there in that version, and it does not go away under them.

use vestry_tests::component::{built, digest, version, zip};
use vestry_tests::desk::{consent, leads_to};
use vestry_tests::{Desk, House};

const TOOLS: &str = "org.example.tools";
const NEEDY: &str = "org.example.needy";

fn tools(number: &str) -> Vec<u8> {
    version(&built("tools"), "1.0.0", number)
}

#[test]
fn what_is_needed_is_named_and_does_not_go_away() {
    let house = House::open("packages-needs").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let needy = desk.fetch(&built("needy"));
    let place_needy = || desk.post("/packages/plan", &[("place", &format!("{needy} "))]);
    // Nothing of it is here.
    let said = place_needy().text();
    assert!(said.contains(TOOLS) && said.contains("2.0.0"), "it names what it needs: {said}");
    let page = admin.get(&format!("/packages/inspect/{needy}")).expect(200).page();
    assert!(page.text("main").contains("org.example.tools 2.0.0"), "{}", page.text("main"));
    let shown = admin.get(&consent(&needy)).expect(200).page();
    assert!(!shown.has("button[value=place]") && shown.text("main").contains(TOOLS), "{}", shown.text("main"));
    // It is here, and too old.
    let old = desk.install(&admin, &tools("1.9.9"));
    let said = place_needy().text();
    assert!(said.contains("1.9.9"), "it says which version is there: {said}");
    // It is here.
    let new = desk.fetch(&tools("2.0.0"));
    desk.done(&desk.place(&new, &old));
    desk.done(&desk.place(&needy, ""));
    admin.get("/needy").expect(200);

    // Now it cannot go: not by an older version, not by another plugin in its place, not at all.
    let back = desk.post(&format!("/packages/back/{old}"), &[]);
    assert!(leads_to(&back).is_none() && back.text().contains(NEEDY), "{}", back.text());
    let other = desk.fetch(&version(&tools("2.0.1"), TOOLS, "org.example.tool2"));
    let shown = admin.get(&consent(&other)).expect(200).page();
    assert!(!shown.has("button[value=place]") && shown.text("main").contains(NEEDY), "{}", shown.text("main"));
    let gone = desk.post(&format!("/packages/plugin/{TOOLS}/uninstall"), &[]);
    assert!(leads_to(&gone).is_none() && gone.text().contains(NEEDY), "{}", gone.text());
    let output = house.server.vestry(&["package", "unmount", TOOLS], "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && stderr.contains(NEEDY), "{stderr}");
    assert_eq!(desk.mounted(TOOLS).map(|mounted| mounted.version).as_deref(), Some("2.0.0"));
    // A newer one is fine, and so is all once nobody needs it.
    let newer = desk.fetch(&tools("2.1.0"));
    desk.done(&desk.place(&newer, &new));
    for id in [NEEDY, TOOLS] {
        let gone = desk.post(&format!("/packages/plugin/{id}/uninstall"), &[]);
        assert_eq!(leads_to(&gone).as_deref(), Some("/packages"), "{id}: {}", gone.text());
    }
    assert_eq!((admin.get("/needy").status, admin.get("/utilities").status), (404, 404));
}

/// What nobody can install, each with words of the sentence that says what to change.
#[test]
fn what_is_no_package_is_refused_in_sentences() {
    let house = House::open("packages-refused").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let tools = built("tools");
    let reserved = version(&built("hostile"), "hostile", "account");
    let lookalike = version(&tools, "org.example.tools", "org.еxample.tool");
    let cut = &tools[..tools.len() / 2];
    let cases: [(&str, Vec<u8>, &[&str]); 6] = [
        ("a text", b"This is no component, and no archive either.".to_vec(), &["neither"]),
        ("a module", b"\0asm\x01\0\0\0".to_vec(), &["component"]),
        ("half of one", cut.to_vec(), &["component"]),
        ("a mount that is the server's own", reserved, &["`account` belongs to the server itself"]),
        ("an id with letters of another alphabet", lookalike, &["id"]),
        ("a ZIP that leads out", zip(&[("../tools.wasm", &tools)]), &["../tools.wasm"]),
    ];
    for (name, content, words) in cases {
        let said = desk.refused(&desk.upload(&content));
        println!("{name}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{name}: {words:?} stand in {said}");
        assert!(!said.contains("panicked") && !said.contains("Error("), "{name}: {said}");
    }
    let two = zip(&[("one.wasm", &tools), ("two.wasm", &tools)]);
    let said = desk.refused(&desk.upload(&two));
    assert!(said.contains("one.wasm") && said.contains("two.wasm"), "it says which there are: {said}");
    // And one that is fine.
    let archive = zip(&[("tools/README.md", b"# Tools\n\nFrom an archive."), ("tools/tools.wasm", &tools)]);
    assert_eq!(desk.done(&desk.upload(&archive)), digest(&tools));
    let page = admin.get(&format!("/packages/inspect/{}", digest(&tools))).expect(200).page();
    assert!(page.text("main").contains("From an archive."), "{}", page.text("main"));
}
