//! Upgrades of what Vestry ships with: announced in a document, fetched when somebody says so, live without a restart, and
//! still there after the next one. And a newer program, which is announced and nothing more.

use std::sync::LazyLock;

use serde_json::json;
use vestry_tests::authority::Authority;
use vestry_tests::component::{digest, shipped};
use vestry_tests::desk::job_of;
use vestry_tests::keeper::new_folder;
use vestry_tests::web::{Asked, Said, Web};
use vestry_tests::{Desk, House};

const USERS: &str = "org.vestry.users";
/// Of the plugins that are built in this tree, and of the ones that are announced; as long as each other.
const NEWER: &str = "0.1.9";
/// Of the program that is announced.
const PROGRAM: &str = "7.0.0";

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new(&new_folder("upgrades-authority")));

/// What a document says of a package, and what is there.
#[derive(Clone)]
struct Announced {
    id: &'static str,
    version: &'static str,
    sha256: String,
    scheme: &'static str,
    component: Vec<u8>,
}

impl Announced {
    /// The list of users, as it should be.
    fn users() -> Self {
        let component = shipped("users", NEWER);
        Self { id: USERS, version: NEWER, sha256: digest(&component), scheme: "https", component }
    }

    fn serve(self) -> Web {
        Web::start_tls(AUTHORITY.server(), move |asked: &Asked| {
            let address = format!("{}://{}/component.wasm", self.scheme, asked.header("host"));
            let document = json!({
                "vestry": { "version": PROGRAM, "notes": "Logs.", "how": "Ask whoever keeps this machine." },
                "packages": [{
                    "id": self.id, "version": self.version, "notes": "Quicker.", "component": address,
                    "sha256": self.sha256,
                }],
            });
            match asked.path.as_str() {
                "/upgrades.json" => Said::new(200, "application/json", document.to_string()),
                "/component.wasm" => Said::new(200, "application/wasm", self.component.clone()),
                _ => Said::not_found(),
            }
        })
    }
}

/// A server that is told of upgrades there.
fn house(name: &str, web: &Web) -> House {
    House::prepared(name, |_| {
        format!(
            "outbound: {{networks: [127.0.0.1/32], certificates: {}}}\npackages: {{upgrades: {}/upgrades.json}}\n",
            AUTHORITY.file().display(),
            web.address()
        )
    })
}

/// Asks what is newer, and orders the newest list of users; answers the job.
#[track_caller]
fn newest(desk: &Desk) -> String {
    desk.done(&job_of(&desk.post("/packages/check", &[])));
    job_of(&desk.post("/packages/newest", &[("key", USERS)]))
}

#[test]
fn what_is_shipped_is_upgraded_and_stays_so() {
    let announced = Announced::users();
    let web = announced.clone().serve();
    let mut house = house("packages-upgrades", &web);
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    assert!(web.seen().is_empty(), "nobody is asked by itself: {:?}", web.seen());
    let running = desk.mounted(USERS).expect("the users are shipped");
    let fetching = newest(&desk);
    assert_eq!(desk.done(&fetching), announced.sha256);
    assert_eq!(desk.mounted(USERS), Some(running.clone()), "nothing fetched is mounted by itself");
    let shown = admin.get("/packages").expect(200).page().text("main");
    for words in [PROGRAM, "Ask whoever keeps this machine.", NEWER, "Quicker."] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let list = house.server.command(&["package", "list"], "");
    assert!(list.contains(&running.version), "{list}");

    desk.done(&desk.place(&announced.sha256, &running.digest));
    admin.get("/users").expect(200);
    let now = desk.mounted(USERS).expect("the users are mounted");
    assert_eq!((now.version.as_str(), now.source.as_str()), (NEWER, "shipped"));
    // The program brings along an older one, and leaves what somebody chose.
    house.server.end_by("TERM");
    house.server = house.server.again("packages-upgrades-again");
    admin.get("/users").expect(200);
    assert_eq!(desk.mounted(USERS), Some(now));
    // And back.
    desk.done(&desk.back(&running.digest));
    assert_eq!(desk.mounted(USERS), Some(running));
}

#[test]
fn what_is_not_what_was_announced_is_not_taken() {
    let good = Announced::users();
    let (jobs, older) = (shipped("jobs", NEWER), shipped("users", "0.1.7"));
    let cases: [(&str, Announced, &str); 4] = [
        ("other bytes", Announced { component: older.clone(), ..good.clone() }, "digest"),
        ("another plugin", Announced { sha256: digest(&jobs), component: jobs, ..good.clone() }, "org.vestry.jobs"),
        ("another version", Announced { sha256: digest(&older), component: older, ..good.clone() }, "0.1.7"),
        ("without TLS", Announced { scheme: "http", ..good }, "https"),
    ];
    for (name, announced, words) in cases {
        let component = announced.component.clone();
        let web = announced.serve();
        let house = house("packages-upgrades-wrong", &web);
        let desk = Desk::of(&house);
        let running = desk.mounted(USERS);
        let said = desk.refused(&newest(&desk));
        assert!(said.contains(words), "{name}: {said}");
        assert_eq!(desk.mounted(USERS), running, "{name}");
        let waiting = house.server.command(&["package", "waiting"], "");
        assert!(!waiting.contains(&digest(&component)[..12]), "{name}: nobody is offered it: {waiting}");
    }
}

/// Ids of what is shipped are nobody else's.
#[test]
fn nobody_else_brings_what_is_shipped() {
    let house = House::open("packages-reserved");
    let desk = Desk::of(&house);
    let said = desk.refused(&desk.upload(&shipped("users", NEWER)));
    assert!(said.contains("org.vestry"), "{said}");
}
