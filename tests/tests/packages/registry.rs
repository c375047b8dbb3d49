//! Packages from registries: a real one, public and private, and others that do not do what they should.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use vestry_tests::authority::Authority;
use vestry_tests::component::{built, digest, version};
use vestry_tests::keeper::new_folder;
use vestry_tests::registry::{self, MANIFEST, PASSWORD, Registry, USER};
use vestry_tests::web::{Asked, End, Said, Web};
use vestry_tests::{Desk, House, grep};

/// A registry that says nothing, or stops in the middle, is not waited for longer than this.
const WAITED: Duration = Duration::from_secs(50);
const WRONG: &str = "words that open no registry";

struct World {
    house: House,
    authority: Authority,
    desk: Desk,
}

/// A server that may call this machine and believes an authority of the house.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let authority = Authority::new(&new_folder("registry-authority"));
    let certificates = authority.file();
    let house = House::prepared("packages-registry", |_| {
        format!("outbound: {{networks: [127.0.0.1/32], certificates: {}}}\n", certificates.display())
    })
    .without_utilities();
    let desk = Desk::of(&house);
    World { house, authority, desk }
});

fn tools(number: &str) -> Vec<u8> {
    version(&built("tools"), "1.0.0", number)
}

#[test]
fn tags_are_offered_and_a_tag_or_a_digest_is_fetched() {
    let desk = &WORLD.desk;
    let registry = Registry::start(Some(&WORLD.authority), false);
    let manifests = ["1.1.1", "1.1.2"].map(|number| registry.push("team/tools", number, &tools(number)));
    registry.push("team/tools", "latest", &tools("1.1.2"));
    let repository = format!("{}/team/tools", registry.host());
    let fields = [("reference", repository.as_str()), ("user", ""), ("token", "")];
    let offered = desk.post("/packages/install/registry", &fields).expect(200).text();
    for tag in ["1.1.1", "1.1.2", "latest"] {
        assert!(offered.contains(&format!("\"{tag}\"")), "{tag} is offered: {offered}");
    }
    let fetched = |reference: &str| desk.done(&desk.registry(&format!("{repository}{reference}"), None));
    assert_eq!(fetched(":1.1.1"), digest(&tools("1.1.1")));
    assert_eq!(fetched(":latest"), digest(&tools("1.1.2")));
    assert_eq!(fetched(&format!("@{}", manifests[0])), digest(&tools("1.1.1")));
    let other = format!("{repository}@sha256:{}", "0".repeat(64));
    assert!(desk.refused(&desk.registry(&other, None)).contains(registry.host()));
    assert!(desk.refused(&desk.registry(&format!("{repository}:none"), None)).contains("none"));
}

#[test]
fn a_private_registry_opens_to_its_password_alone() {
    let desk = &WORLD.desk;
    vestry_tests::used::secret(WRONG);
    let registry = Registry::start(Some(&WORLD.authority), true);
    registry.push("team/private", "1.1.3", &tools("1.1.3"));
    let reference = format!("{}/team/private:1.1.3", registry.host());
    for access in [None, Some((USER, WRONG)), Some(("somebody", PASSWORD))] {
        let said = desk.refused(&desk.registry(&reference, access));
        assert!(said.contains("access") || said.contains("token") || said.contains("password"), "{said}");
        assert!(!said.contains(WRONG) && !said.contains(PASSWORD), "{said}");
    }
    assert_eq!(desk.done(&desk.registry(&reference, Some((USER, PASSWORD)))), digest(&tools("1.1.3")));
    // From then on it is kept for this repository.
    registry.push("team/private", "1.1.4", &tools("1.1.4"));
    assert_eq!(desk.done(&desk.registry(&reference.replace(":1.1.3", ":1.1.4"), None)), digest(&tools("1.1.4")));
    grep::nowhere(&WORLD.house.server, &[WRONG, PASSWORD]);
}

#[test]
fn a_registry_is_believed_by_its_certificate() {
    let desk = &WORLD.desk;
    let stranger = Authority::new(&new_folder("registry-stranger"));
    let registry = Registry::start(Some(&stranger), false);
    registry.push("team/tools", "1.1.5", &tools("1.1.5"));
    let said = desk.refused(&desk.registry(&format!("{}/team/tools:1.1.5", registry.host()), None));
    assert!(said.contains("certificate"), "{said}");
}

/// What a registry does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Another component than the manifest names.
    OtherContent,
    /// Another manifest than the reference names.
    OtherManifest,
    /// A layer that says it is a gigabyte.
    Gigabyte,
    /// No component at all.
    NoComponent,
    Content(End),
    Manifest(End),
}

/// A registry of one package, `team/tools:1.1.6`, with a fault.
fn faulty(fault: Fault) -> Web {
    let component = tools("1.1.6");
    let (manifest, config) = registry::manifest(&component);
    let layer = format!("/v2/team/tools/blobs/sha256:{}", digest(&component));
    let other = registry::manifest(&tools("1.1.7")).0;
    let said = move |asked: &Asked| {
        let octets = |content: &[u8]| Said::new(200, "application/octet-stream", content);
        if asked.path == "/v2/" {
            return Said::new(200, "application/json", "{}");
        }
        if asked.path.starts_with("/v2/team/tools/manifests/") {
            let text = String::from_utf8_lossy(&manifest).into_owned();
            let said = |text: &str| Said::new(200, MANIFEST, text);
            return match fault {
                Fault::OtherManifest => said(&String::from_utf8_lossy(&other)),
                Fault::Gigabyte => said(&text.replace(&format!("\"size\":{}", component.len()), "\"size\":1073741824")),
                Fault::NoComponent => said(&text.replace("application/wasm", "application/x-something")),
                Fault::Manifest(end) => said(&text).ending(end),
                _ => said(&text),
            };
        }
        if asked.path == layer {
            return match fault {
                Fault::OtherContent => octets(&tools("1.1.7")),
                Fault::Content(end) => octets(&component).ending(end),
                _ => octets(&component),
            };
        }
        if asked.path.contains("/blobs/") { octets(&config) } else { Said::not_found() }
    };
    Web::start_tls(WORLD.authority.server(), said)
}

/// Each with the end of the reference, and words of what is said then.
const FAULTS: &[(Fault, &str, &str)] = &[
    (Fault::OtherContent, ":1.1.6", "should be sha256:"),
    (Fault::OtherManifest, "@", "should be sha256:"),
    (Fault::Gigabyte, ":1.1.6", "1048576 KiB"),
    (Fault::NoComponent, ":1.1.6", "application/x-something"),
    (Fault::Content(End::BrokenOff), ":1.1.6", "broke off"),
    (Fault::Manifest(End::BrokenOff), ":1.1.6", "broke off"),
];

#[test]
fn what_is_not_whole_or_not_what_it_says_is_not_taken() {
    let desk = &WORLD.desk;
    let by_digest = format!("@sha256:{}", digest(&registry::manifest(&tools("1.1.6")).0));
    for (fault, reference, words) in FAULTS {
        let web = faulty(*fault);
        let reference = if *reference == "@" { &by_digest } else { *reference };
        let said = desk.refused(&desk.registry(&format!("{}/team/tools{reference}", web.host()), None));
        assert!(said.contains(words), "{fault:?}: {said}");
    }
    for number in ["1.1.6", "1.1.7"] {
        let kept = WORLD.house.server.data().join("packages").join(format!("{}.wasm", digest(&tools(number))));
        assert!(!kept.exists(), "nothing of it is kept");
    }
    let web = faulty(Fault::None);
    let whole = desk.registry(&format!("{}/team/tools:1.1.6", web.host()), None);
    assert_eq!(desk.done(&whole), digest(&tools("1.1.6")), "the same without a fault");
}

#[test]
fn a_registry_that_stalls_is_not_waited_for() {
    let certificates = WORLD.authority.file();
    let house = House::prepared("packages-registry-stalls", |_| {
        format!("outbound: {{networks: [127.0.0.1/32], certificates: {}}}\n", certificates.display())
    })
    .without_utilities();
    let desk = Desk::of(&house);
    let jobs = [Fault::Content(End::Stalled), Fault::Manifest(End::Silent)].map(|fault| {
        let web = faulty(fault);
        (fault, desk.registry(&format!("{}/team/tools:1.1.6", web.host()), None), Instant::now())
    });
    for (fault, job, began) in jobs {
        let said = desk.stumbled(&job);
        println!("{fault:?}, after {:?}: {said}", began.elapsed());
        assert!(said.contains("sent nothing for"), "{fault:?}: {said}");
        assert!(began.elapsed() < WAITED, "{fault:?}: {:?}", began.elapsed());
    }
}

#[test]
fn this_machine_is_not_called_where_nobody_configured_it() {
    let house = House::open("packages-registry-closed").without_utilities();
    let desk = Desk::of(&house);
    let web = faulty(Fault::None);
    let said = desk.refused(&desk.registry(&format!("{}/team/tools:1.1.6", web.host()), None));
    assert!(said.contains("outbound"), "it says what to configure: {said}");
    assert!(web.seen().is_empty(), "{:?}", web.seen());
}

#[test]
fn what_is_no_reference_is_said_at_once() {
    for reference in [
        "tools",
        "registry.example.org",
        "registry.example.org/Team/Tools:1",
        "https://registry.example.org/team/tools:1",
    ] {
        let fields = [("reference", reference), ("user", ""), ("token", "")];
        let said = WORLD.desk.post("/packages/install/registry", &fields).expect(422).text();
        assert!(said.contains("registry.example.org/team/"), "it says what one looks like: {said}");
    }
}
