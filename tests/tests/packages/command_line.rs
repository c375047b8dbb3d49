//! `vestry package`: all that Package Management can do, on a server that runs and on one that does not.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use vestry_tests::component::{built, digest, version};
use vestry_tests::desk::mounted;
use vestry_tests::keeper::new_folder;
use vestry_tests::registry::{PASSWORD, Registry, USER};
use vestry_tests::repository::Repository;
use vestry_tests::server::vestry;
use vestry_tests::{House, Server, grep, leftovers, wait_for};

const TOOLS: &str = "org.example.tools";
const OURS: &str = "org.example.hello-utilities";
/// A server that runs knows what was done beside it within this.
const SOON: Duration = Duration::from_secs(2);

fn tools(number: &str) -> Vec<u8> {
    version(&built("tools"), "1.0.0", number)
}

/// Components in files, as people have them.
struct Files(PathBuf);

impl Files {
    fn new() -> Self {
        Self(new_folder("packages-files"))
    }

    fn of(&self, name: &str, content: &[u8]) -> String {
        let file = self.0.join(name);
        std::fs::write(&file, content).expect("a file can be written");
        file.display().to_string()
    }
}

/// Runs `vestry package ..` on a data directory; answers what it printed.
#[track_caller]
fn package(data: &Path, arguments: &[&str]) -> String {
    let output = vestry(data, &[&["package"], arguments].concat(), "");
    let (stdout, stderr) = (words(&output.stdout), words(&output.stderr));
    assert!(output.status.success(), "`vestry package {}` failed:\n{stdout}{stderr}", arguments.join(" "));
    stdout
}

/// The same where it is refused; answers what it says then.
#[track_caller]
fn refused(data: &Path, arguments: &[&str]) -> String {
    let output: Output = vestry(data, &[&["package"], arguments].concat(), "");
    assert!(!output.status.success(), "`vestry package {}`: {}", arguments.join(" "), words(&output.stdout));
    words(&output.stderr)
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The way of a package, whoever is there to see it.
fn way(data: &Path, files: &Files, shows: &dyn Fn(&str)) {
    let [one, two] = ["1.0.1", "1.0.2"].map(|number| files.of(&format!("tools-{number}.wasm"), &tools(number)));
    let looked = package(data, &["inspect", &one]);
    assert!(looked.contains(TOOLS) && looked.contains("1.0.1"), "{looked}");
    assert_eq!(mounted(data, TOOLS), None, "looking mounts nothing");
    package(data, &["add", &one]);
    shows("1.0.1");
    package(data, &["add", &two]);
    shows("1.0.2");
    let versions = package(data, &["versions", TOOLS]);
    assert!(versions.find("1.0.2") < versions.find("1.0.1"), "the one that runs first: {versions}");
    package(data, &["roll-back", TOOLS]);
    shows("1.0.1");
    let ours = files.of("ours.wasm", &built("hello-utilities"));
    let said = refused(data, &["add", &ours, "--grant-all"]);
    assert!(said.contains(TOOLS), "it says who is there: {said}");
    package(data, &["add", &ours, "--grant-all", "--swap"]);
    shows("Case numbers");
    package(data, &["revoke", OURS, "vestry:plugin/kv"]);
    package(data, &["grant", OURS, "vestry:plugin/kv"]);
    package(data, &["swap-back", "utilities"]);
    shows("1.0.1");
    package(data, &["disable", TOOLS]);
    let list = package(data, &["list"]);
    assert!(list.lines().any(|line| line.contains(TOOLS) && line.contains("off")), "{list}");
    package(data, &["enable", TOOLS]);
    shows("1.0.1");
    let broken = files.of("broken.wasm", &version(&tools("1.0.3"), "mode=good", "mode=trap"));
    let said = refused(data, &["add", &broken]);
    assert!(said.contains("/utilities"), "it says which page: {said}");
    shows("1.0.1");
    let history = package(data, &["history", TOOLS]);
    for kind in ["mounted", "rolled-back", "unmounted", "refused"] {
        assert!(history.contains(kind), "{kind} stands in: {history}");
    }
    package(data, &["unmount", TOOLS]);
    assert_eq!(mounted(data, TOOLS), None);
    let waiting = package(data, &["waiting"]);
    assert!(waiting.contains(&digest(&tools("1.0.2"))[..12]), "{waiting}");
    for number in ["1.0.1", "1.0.2", "1.0.3"] {
        let known = if number == "1.0.3" { version(&tools(number), "mode=good", "mode=trap") } else { tools(number) };
        package(data, &["discard", &digest(&known)]);
    }
    package(data, &["tidy"]);
    assert_eq!(leftovers::of(data), Vec::<String>::new());
}

#[test]
fn beside_a_server_that_runs() {
    let house = House::open("packages-cli-runs").without_utilities();
    let admin = house.as_admin();
    let shows = |text: &str| {
        let seen = wait_for(SOON, || admin.get("/utilities").text().contains(text).then_some(()));
        assert!(seen.is_some(), "{text} is not served: {}", admin.get("/utilities").page().text("main"));
    };
    way(house.server.data(), &Files::new(), &shows);
    let gone = wait_for(SOON, || (admin.get("/utilities").status == 404).then_some(()));
    assert!(gone.is_some(), "what was unmounted is gone");
}

#[test]
fn where_no_server_runs() {
    let data = new_folder("packages-cli-alone").join("data");
    let add = ["user", "add", "ada@example.org", "--name", "Ada", "--privilege", "admin", "--password-stdin"];
    assert!(vestry(&data, &add, "correct horse of ada alone").status.success());
    way(&data, &Files::new(), &|_| ());
    // And a server that starts then serves what was done last.
    let file = Files::new().of("tools.wasm", &tools("1.0.9"));
    package(&data, &["add", &file]);
    let server = Server::start_on(&data, "packages-cli-then");
    let client = vestry_tests::Client::new(server.address());
    vestry_tests::accounts::sign_in(&client, "ada@example.org", "correct horse of ada alone", None);
    assert!(client.get("/utilities").expect(200).text().contains("1.0.9"));
}

#[test]
fn from_git_and_from_a_registry() {
    let house = House::prepared("packages-cli-sources", |_| "outbound: {networks: [127.0.0.1/32]}\n".to_owned())
        .without_utilities();
    let data = house.server.data();
    let repository = Repository::new("tools");
    repository.commit("tools.wasm", &tools("1.1.1"));
    repository.git(&["tag", "v1.1.1"]);
    let web = repository.serve(None);
    package(data, &["add", "--git", &repository.at(&web)]);
    assert_eq!(mounted(data, TOOLS).map(|mounted| mounted.version).as_deref(), Some("1.1.1"));
    repository.commit("tools.wasm", &tools("1.1.2"));
    repository.git(&["tag", "v1.1.2"]);
    let checked = package(data, &["check"]);
    assert!(checked.contains(TOOLS), "{checked}");
    let list = package(data, &["list"]);
    assert!(list.lines().any(|line| line.contains(TOOLS) && line.contains("git ")), "{list}");
    package(data, &["update", TOOLS]);
    assert_eq!(mounted(data, TOOLS).map(|mounted| mounted.version).as_deref(), Some("1.1.2"));

    let registry = Registry::start(None, true);
    registry.push("team/ours", "1.0.0", &built("hello-utilities"));
    let reference = format!("http://{}/team/ours:1.0.0", registry.host());
    let said = refused(data, &["inspect", "--registry", &reference]);
    assert!(said.contains(registry.host()), "{said}");
    let user = ["package", "inspect", "--registry", &reference, "--token-stdin"];
    let output = vestry(data, &user, &format!("{USER}:{PASSWORD}"));
    assert!(output.status.success() && words(&output.stdout).contains(OURS), "{}", words(&output.stderr));
    grep::nowhere(&house.server, &[PASSWORD]);
}

#[test]
fn what_is_wrong_is_said() {
    let house = House::open("packages-cli-wrong").without_utilities();
    let data = house.server.data();
    let says = |arguments: &[&str], text: &str| {
        let said = refused(data, arguments);
        assert!(
            said.contains(text) && !said.contains("panicked") && !said.contains("Error {"),
            "{arguments:?}: {said}"
        );
    };
    says(&["roll-back", "org.vestry.users"], "org.vestry.users");
    says(&["roll-back", TOOLS], TOOLS);
    says(&["swap-back", "users"], "users");
    says(&["unmount", TOOLS], TOOLS);
    says(&["retry", TOOLS], TOOLS);
    says(&["limits", "org.vestry.users", "cpu-ms=0"], "cpu-ms");
    says(&["limits", "org.vestry.users", "speed=1"], "speed");
    says(&["discard", &"0".repeat(64)], "000");
    says(&["grant", "org.vestry.users", "public"], "public");
    says(&["add", "nowhere.wasm"], "nowhere.wasm");
    says(&["add", "--git", "ftp://example.org/hello.git"], "https");
}
