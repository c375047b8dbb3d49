//! Packages from Git: repositories behind `git http-backend`, public and private, and hosts that do not do what they should.

use std::fs;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use vestry_tests::authority::Authority;
use vestry_tests::component::{built, digest, version};
use vestry_tests::keeper::new_folder;
use vestry_tests::repository::Repository;
use vestry_tests::web::{Asked, End, Said, Web};
use vestry_tests::{Desk, House, grep, wait_for};

const USER: &str = "reader";
const TOKEN: &str = "ghp_git-words-that-open-a-repository";
const WRONG: &str = "ghp_git-words-that-open-nothing";
/// A host that says nothing, or stops in the middle, is not waited for longer than this.
const WAITED: Duration = Duration::from_secs(50);

struct World {
    house: House,
    authority: Authority,
    desk: Desk,
}

/// A server that may call this machine and believes an authority of the house.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let authority = Authority::new(&new_folder("git-authority"));
    let certificates = authority.file();
    let house = House::prepared("packages-git", |_| {
        format!("outbound: {{networks: [127.0.0.1/32], certificates: {}}}\n", certificates.display())
    })
    .without_utilities();
    let desk = Desk::of(&house);
    World { house, authority, desk }
});

/// A repository with three versions: tags, a branch, and a component in a folder.
struct Hello {
    repository: Repository,
    commits: [String; 3],
}

const VERSIONS: [&str; 3] = ["1.0.1", "1.0.2", "1.0.3"];

fn tools(number: &str) -> Vec<u8> {
    version(&built("tools"), "1.0.0", number)
}

fn hello(name: &str) -> Hello {
    let repository = Repository::new(name);
    repository.commit("README.md", b"# Tools\n\nFrom Git.\n");
    let commits = VERSIONS.map(|number| {
        let commit = repository.commit("dist/tools.wasm", &tools(number));
        repository.git(&["tag", &format!("v{number}")]);
        commit
    });
    repository.git(&["branch", "older", &commits[0]]);
    Hello { repository, commits }
}

#[test]
fn branches_and_tags_are_offered_and_each_can_be_fetched() {
    let (desk, hello) = (&WORLD.desk, hello("offered"));
    let web = hello.repository.serve(None);
    let url = hello.repository.at(&web);
    let offered = desk.post("/packages/install/git", &[("url", &url), ("user", ""), ("token", "")]).expect(200).text();
    for name in ["main", "older", "v1.0.1", "v1.0.3"] {
        assert!(offered.contains(&format!("\"{name}\"")), "{name} is offered: {offered}");
    }
    let fetched = |reference: &str, path: &str| desk.done(&desk.git(&url, reference, path));
    assert_eq!(fetched("v1.0.2", ""), digest(&tools("1.0.2")), "a tag");
    assert_eq!(fetched("", ""), digest(&tools("1.0.3")), "the default branch");
    assert_eq!(fetched("older", "dist/tools.wasm"), digest(&tools("1.0.1")), "a branch and a path");
    assert_eq!(fetched(&hello.commits[1], ""), digest(&tools("1.0.2")), "a commit");
    let page = desk.client.get_json(&format!("/packages/inspect/{}", fetched("", ""))).expect(200).text();
    assert!(page.contains("From Git."), "its README is shown: {page}");
}

#[test]
fn what_is_not_there_is_said() {
    let (desk, hello) = (&WORLD.desk, hello("not-there"));
    hello.repository.commit("dist/other.wasm", &tools("1.0.9"));
    let web = hello.repository.serve(None);
    let url = hello.repository.at(&web);
    let said = desk.refused(&desk.git(&url, "no-such-branch", ""));
    assert!(said.contains("no-such-branch"), "{said}");
    let said = desk.refused(&desk.git(&url, "main", "nowhere.wasm"));
    assert!(said.contains("nowhere.wasm"), "{said}");
    let said = desk.refused(&desk.git(&url, "main", ""));
    assert!(said.contains("dist/other.wasm") && said.contains("dist/tools.wasm"), "it says which there are: {said}");
    let said = desk.refused(&desk.git(&format!("{url}-elsewhere"), "", ""));
    assert!(said.contains(&web.host()), "{said}");
    let said = desk.refused(&desk.git(&url, "main", "README.md"));
    assert!(said.contains("README.md"), "{said}");
}

#[test]
fn a_private_repository_opens_to_its_token_alone() {
    let (desk, hello) = (&WORLD.desk, hello("private"));
    vestry_tests::used::secret(WRONG);
    let web = hello.repository.serve(Some((USER, TOKEN)));
    let url = hello.repository.at(&web);
    let offered = |user: &str, token: &str| {
        desk.post("/packages/install/git", &[("url", &url), ("user", user), ("token", token)])
    };
    for (user, token) in [("", ""), (USER, WRONG), ("somebody", TOKEN)] {
        let said = offered(user, token).expect(422).text();
        assert!(said.contains("token") || said.contains("access"), "{said}");
        assert!(!said.contains(TOKEN) && !said.contains(WRONG), "{said}");
    }
    assert!(offered(USER, TOKEN).expect(200).text().contains("v1.0.3"));
    // From then on it is kept for this repository, and for no other.
    assert_eq!(desk.done(&desk.git(&url, "v1.0.3", "")), digest(&tools("1.0.3")));
    let other = self::hello("private-other");
    let elsewhere = other.repository.serve(Some((USER, TOKEN)));
    desk.refused(&desk.git(&other.repository.at(&elsewhere), "", ""));
    assert!(elsewhere.seen().iter().all(|asked| asked.header("authorization").is_empty()), "{:?}", elsewhere.seen());
    grep::nowhere(&WORLD.house.server, &[TOKEN, WRONG]);
}

#[test]
fn a_token_in_the_address_is_taken_out_and_kept() {
    let (desk, hello) = (&WORLD.desk, hello("stripped"));
    let web = hello.repository.serve(Some((USER, TOKEN)));
    let url = hello.repository.at(&web);
    let with_token = url.replace("http://", &format!("http://{USER}:{TOKEN}@"));
    let page = desk.post("/packages/install/git", &[("url", &with_token), ("user", ""), ("token", "")]).expect(200);
    assert!(!page.text().contains(TOKEN), "it is never shown again: {}", page.text());
    assert_eq!(desk.done(&desk.git(&url, "v1.0.2", "")), digest(&tools("1.0.2")));
    let admin = WORLD.house.as_admin();
    for path in ["/packages", "/packages/install/git"] {
        assert!(!admin.get(path).expect(200).text().contains(TOKEN), "{path}");
    }
    grep::nowhere(&WORLD.house.server, &[TOKEN]);
}

#[test]
fn a_host_is_believed_by_its_certificate() {
    let (desk, hello) = (&WORLD.desk, hello("certified"));
    let web = Web::start_tls(WORLD.authority.server(), hello.repository.answer(None));
    assert_eq!(desk.done(&desk.git(&hello.repository.at(&web), "v1.0.1", "")), digest(&tools("1.0.1")));
    let stranger = Authority::new(&new_folder("git-stranger"));
    let refused = Web::start_tls(stranger.server(), hello.repository.answer(Some((USER, TOKEN))));
    let said = desk.refused(&desk.git(&hello.repository.at(&refused), "v1.0.1", ""));
    assert!(said.contains("certificate"), "{said}");
    assert!(refused.seen().is_empty(), "nothing is said to it: {:?}", refused.seen());
}

/// A host that breaks off where a pack, or the list of references, should come.
fn faulty(repository: &Repository, end: End, at: &'static str) -> Web {
    let answer: Arc<dyn Fn(&Asked) -> Said + Send + Sync> = Arc::new(repository.answer(None));
    Web::start(move |asked| {
        let said = answer(asked);
        let of_pack = asked.verb == "POST" && String::from_utf8_lossy(&asked.body).contains("fetch");
        let meant = match at {
            "pack" => of_pack,
            _ => asked.path.ends_with("/info/refs"),
        };
        if meant { said.ending(end) } else { said }
    })
}

#[test]
fn a_host_that_breaks_off_is_not_believed() {
    let (desk, hello) = (&WORLD.desk, hello("broken"));
    for at in ["pack", "refs"] {
        let web = faulty(&hello.repository, End::BrokenOff, at);
        let said = desk.refused(&desk.git(&hello.repository.at(&web), "v1.0.3", ""));
        assert!(said.contains("broke off"), "{at}: {said}");
    }
    let fetching = WORLD.house.server.data().join("fetching");
    let gone = wait_for(WAITED, || fs::read_dir(&fetching).ok()?.next().is_none().then_some(()));
    assert!(gone.is_some(), "nothing is left of what was fetched");
}

#[test]
fn a_host_that_comes_to_no_end_is_not_waited_for() {
    let house = House::prepared("packages-git-stalls", |_| "outbound: {networks: [127.0.0.1/32]}\n".to_owned())
        .without_utilities();
    let (desk, hello) = (Desk::of(&house), hello("endless"));
    let jobs = [(End::Stalled, "pack"), (End::Silent, "refs")].map(|(end, at)| {
        let web = faulty(&hello.repository, end, at);
        (end, desk.git(&hello.repository.at(&web), "v1.0.3", ""), Instant::now())
    });
    for (end, job, began) in jobs {
        let said = desk.stumbled(&job);
        println!("{end:?}, after {:?}: {said}", began.elapsed());
        assert!(began.elapsed() < WAITED, "{end:?}: {:?}", began.elapsed());
    }
}

#[test]
fn a_pack_that_was_changed_on_the_way_is_not_taken() {
    let (desk, hello) = (&WORLD.desk, hello("changed"));
    let answer = hello.repository.answer(None);
    let web = Web::start(move |asked| {
        let mut said = answer(asked);
        if asked.verb == "POST" && said.body.len() > 20_000 {
            let middle = said.body.len() / 2;
            said.body[middle] ^= 0x40;
        }
        said
    });
    let said = desk.refused(&desk.git(&hello.repository.at(&web), "v1.0.3", ""));
    assert!(said.contains("cannot be read"), "{said}");
}

#[test]
fn this_machine_is_not_called_where_nobody_configured_it() {
    let house = House::open("packages-git-closed").without_utilities();
    let (desk, hello) = (Desk::of(&house), hello("closed"));
    let web = hello.repository.serve(None);
    let said = desk.refused(&desk.git(&hello.repository.at(&web), "v1.0.3", ""));
    assert!(said.contains("outbound"), "it says what to configure: {said}");
    assert!(web.seen().is_empty(), "{:?}", web.seen());
    let file = format!("file://{}", hello.repository.folder().display());
    let answer = desk.post("/packages/install/git", &[("url", &file), ("user", ""), ("token", "")]).expect(422).text();
    assert!(answer.contains("repositories"), "it says what to configure: {answer}");
}

#[test]
fn a_repository_of_this_machine_lies_where_the_configuration_says() {
    let hello = hello("file");
    let folder = hello.repository.folder();
    let root = folder.parent().expect("it lies in a folder").to_path_buf();
    let house = House::prepared("packages-git-file", |_| format!("packages: {{repositories: [{}]}}\n", root.display()))
        .without_utilities();
    let desk = Desk::of(&house);
    assert_eq!(desk.done(&desk.git(&format!("file://{}", folder.display()), "v1.0.2", "")), digest(&tools("1.0.2")));
    let outside = self::hello("file-outside");
    for path in [outside.repository.folder().display().to_string(), format!("{}/../../outside", folder.display())] {
        let url = format!("file://{path}");
        let answer = desk.post("/packages/install/git", &[("url", &url), ("user", ""), ("token", "")]);
        answer.expect(422);
    }
    // A link inside that leads outside.
    std::os::unix::fs::symlink(outside.repository.folder(), root.join("linked.git")).expect("a link can be made");
    let url = format!("file://{}/linked.git", root.display());
    desk.post("/packages/install/git", &[("url", &url), ("user", ""), ("token", "")]).expect(422);
}
