//! Who may do what about packages: people without permissions, developers, tokens with and without scopes, strangers among
//! packages, two administrators at once.

use std::sync::LazyLock;

use vestry_tests::component::{built, version};
use vestry_tests::desk::{consent, job_of, leads_to, ordering};
use vestry_tests::{Answer, Client, Desk, House, Person};

const TOOLS: &str = "org.example.tools";

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("packages-rights").without_utilities());

/// A package of its own for each test, so that they do not meet.
fn tools(id: &str, number: &str) -> Vec<u8> {
    version(&version(&built("tools"), TOOLS, id), "1.0.0", number)
}

/// What a person without permissions can try.
const PAGES: &[&str] = &["/packages", "/packages/install/upload", "/packages/plugin/org.vestry.users", "/about"];
const ORDERS: &[&str] = &[
    "/packages/check",
    "/packages/newest",
    "/packages/install/upload",
    "/packages/install/git",
    "/packages/install/git/fetch",
    "/packages/install/registry",
    "/packages/plan",
    "/packages/plugin/org.vestry.users/state",
    "/packages/plugin/org.vestry.users/limits",
    "/packages/plugin/org.vestry.users/uninstall",
];

#[test]
fn who_has_no_permission_sees_and_does_nothing() {
    let digest = Desk::of(&HOUSE).fetch(&tools("org.example.toola", "1.0.0"));
    for privileges in [&[][..], &["trainer"]] {
        let client = HOUSE.signed_in(&HOUSE.person("Noah Nobody", privileges));
        for path in PAGES {
            assert_eq!(client.get(path).status, 403, "{path}");
        }
        for path in ORDERS {
            assert_eq!(client.post(path, &[("enabled", "0")]).status, 403, "{path}");
        }
        assert_eq!(client.get(&consent(&digest)).status, 403);
        assert_eq!(client.post(&consent(&digest), &[("act", "place"), ("mount", "mine")]).status, 403);
        assert!(!client.get("/").text().contains("Package Management"), "it is not in the menu");
    }
    assert_eq!(HOUSE.visitor().get_json("/packages").status, 401);
    HOUSE.as_admin().get("/users").expect(200);
}

#[test]
fn a_developer_keeps_packages_and_grants_what_they_hold() {
    let client = HOUSE.signed_in(&HOUSE.person("Dora Developer", &["developer"]));
    client.get("/packages").expect(200);
    let desk = Desk::of(&HOUSE);
    let digest = desk.fetch(&tools("org.example.toolb", "1.0.0"));
    let page = client.get(&consent(&digest)).expect(200).page();
    client.submit(&ordering(&page, &[]).with("mount", "toolb")).expect(303);
    assert_eq!(client.get("/packages").expect(200).status, 200);
    let mounted = vestry_tests::wait_for(std::time::Duration::from_secs(10), || desk.mounted("org.example.toolb"));
    assert_eq!(mounted.map(|mounted| mounted.mount), Some("toolb".to_owned()));
    // The probe asks for interfaces whose permissions a developer has not: who could grant them could use them.
    let probe = desk.fetch(&built("probe"));
    let page = client.get(&consent(&probe)).expect(200).page();
    let theirs = |capability: &str| page.has(&format!("[name=grant][value='{capability}']:not([disabled])"));
    assert!(theirs("vestry:plugin/kv"), "{}", page.text("main"));
    for capability in ["vestry:admin/users", "directory-write files"] {
        assert!(!theirs(capability), "{capability} cannot be ticked: {}", page.text("main"));
        let mut form = ordering(&page, &[]);
        form.fields.push(("grant".to_owned(), capability.to_owned()));
        let answer = client.submit(&form);
        assert_eq!(answer.status, 403, "{capability}: {}", answer.page().text("main"));
    }
    assert_eq!(desk.mounted("org.example.probe"), None);
}

#[test]
fn a_token_does_what_its_scopes_name() {
    let digest = Desk::of(&HOUSE).fetch(&tools("org.example.toolc", "1.0.0"));
    let with = |scopes: &[&str]| Desk::with(&HOUSE, &HOUSE.token(&HOUSE.admin, scopes));
    let place = |desk: &Desk| desk.post("/packages/plan", &[("place", &format!("{digest} "))]);
    let reader = with(&["packages.read"]);
    reader.client.get_json("/packages").expect(200);
    assert_eq!(reader.send("x.wasm", &built("quiet")).status, 403);
    assert_eq!(place(&reader).status, 403);
    // It may keep packages, and what is grave is named by no scope of it.
    for scopes in [&["packages.read", "packages.manage"][..], &[]] {
        let desk = with(scopes);
        job_of(&desk.send("x.wasm", &tools("org.example.toolc", "1.0.0")));
        let answer = place(&desk);
        let said = answer.text();
        assert!(leads_to(&answer).is_none() && said.contains("a scope that names"), "{scopes:?}: {said}");
    }
    let granting = with(&["plugins.grant", "packages.read", "packages.manage"]);
    let answer = granting.client.call("POST", &consent(&digest)).form(&[("act", "place"), ("mount", "toolc")]).send();
    assert!(matches!(answer.status, 401 | 403), "a token grants nothing: {}", answer.text());
    assert_eq!(Desk::of(&HOUSE).mounted("org.example.toolc"), None);
}

#[test]
fn two_administrators_at_once_get_a_conflict() {
    let house = House::open("packages-two").without_utilities();
    let (desk, one) = (Desk::of(&house), house.as_admin());
    let other: Person = house.person("Otto Other", &["admin"]);
    let two = house.signed_in(&other);
    let versions = ["1.0.0", "1.0.1", "1.0.2"].map(|number| desk.fetch(&tools(TOOLS, number)));
    desk.done(&desk.order(&one, &versions[0], &[]));
    // Both look at the same moment, and decide about different versions.
    let forms = [(&one, &versions[1]), (&two, &versions[2])].map(|(client, digest): (&Client, &String)| {
        (client, ordering(&client.get(&consent(digest)).expect(200).page(), &[]))
    });
    let answers: Vec<Answer> = forms.iter().map(|(client, form)| client.submit(form)).collect();
    assert_eq!(answers[0].status, 303, "{}", answers[0].text());
    let said = answers[1].page().text("main");
    println!("the second is told: {} {said}", answers[1].status);
    assert_eq!(answers[1].status, 409, "{said}");
    assert!(said.contains("Ada Admin") || said.contains("1.0.1"), "it says who or what was quicker: {said}");
    let quiet = vestry_tests::wait_for(std::time::Duration::from_secs(20), || {
        desk.mounted(TOOLS).filter(|mounted| mounted.version == "1.0.1")
    });
    assert!(quiet.is_some(), "the first is carried out: {:?}", desk.mounted(TOOLS));
    // And who comes later with what was seen before is told as well.
    let late = desk.post("/packages/plan", &[("place", &format!("{} {}", versions[2], versions[0]))]);
    assert!(late.text().contains("1.0.1"), "it names what runs: {}", late.text());
    assert_eq!(desk.mounted(TOOLS).map(|mounted| mounted.version).as_deref(), Some("1.0.1"));
}

#[test]
fn a_stranger_is_shown_and_takes_over_only_when_told() {
    let house = House::prepared("packages-stranger", |_| "outbound: {networks: [127.0.0.1/32]}\n".to_owned())
        .without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let running = desk.install(&admin, &tools(TOOLS, "1.0.0"));
    let repository = vestry_tests::repository::Repository::new("stranger");
    repository.commit("tools.wasm", &tools(TOOLS, "1.0.1"));
    let web = repository.serve(None);
    let digest = desk.done(&desk.git(&repository.at(&web), "", ""));
    let inspected = admin.get(&format!("/packages/inspect/{digest}")).expect(200).page().text("main");
    assert!(inspected.contains("stranger"), "{inspected}");
    let refused = desk.post("/packages/plan", &[("place", &format!("{digest} {running}"))]);
    assert!(leads_to(&refused).is_none() && refused.text().contains("file"), "it says whose it is: {}", refused.text());
    let page = admin.get(&consent(&digest)).expect(200).page();
    admin.submit(&ordering(&page, &[])).expect(422);
    assert_eq!(desk.mounted(TOOLS).map(|mounted| mounted.digest), Some(running));
    let taking = ordering(&page, &[]).with("take-over", "yes");
    admin.submit(&taking).expect(303);
    let taken = vestry_tests::wait_for(std::time::Duration::from_secs(20), || {
        desk.mounted(TOOLS).filter(|mounted| mounted.digest == digest)
    });
    assert!(taken.is_some_and(|mounted| mounted.source.starts_with("git ")), "{:?}", desk.mounted(TOOLS));
    // From now on what the former source brings is the stranger.
    let former = desk.fetch(&tools(TOOLS, "1.0.2"));
    let page = admin.get(&consent(&former)).expect(200).page();
    assert!(page.has("[name='take-over']"), "{}", page.text("main"));
}
