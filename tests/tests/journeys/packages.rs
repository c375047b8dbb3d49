//! The life of a package, in a browser: brought, looked at, installed with one grant refused, used, granted it, updated;
//! two broken versions of it, of which one is not let in and the other sent back; swapped, swapped back, uninstalled. Every
//! page is looked at by axe-core, in the dark, in the light and on a small telephone; pictures are in `target/screenshots`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vestry_tests::component::{built, version};
use vestry_tests::desk::mounted;
use vestry_tests::keeper::new_folder;
use vestry_tests::{Browser, House, wait_for};

const OURS: &str = "org.example.hello-utilities";
const TOOLS: &str = "org.example.tools";
const STORE: &str = "vestry:plugin/kv";
const SOON: Duration = Duration::from_secs(20);

struct Journey {
    house: House,
    browser: Browser,
    folder: PathBuf,
    pictures: usize,
}

#[test]
fn the_life_of_a_package() {
    let house = House::open("packages-journey").without_utilities();
    let mut browser = house.in_browser(&house.admin);
    // What is broken answers so, and the browser says it as well.
    browser.expect_on_console("502");
    let mut journey = Journey { house, browser, folder: new_folder("packages-journey-files"), pictures: 0 };

    journey.installs_with_one_grant_refused();
    journey.sees_the_refusal_and_grants_it();
    journey.updates();
    journey.swaps();
    journey.is_kept_from_a_broken_version();
    journey.gets_the_former_version_back();
    journey.swaps_back();
    journey.uninstalls();
}

impl Journey {
    fn installs_with_one_grant_refused(&mut self) {
        self.browser.visit("/");
        self.browser.follow("Package Management");
        self.browser.wait_for_path("/packages");
        self.browser.wait_for_text("Install or update a package");
        self.look("home");
        self.brings("hello-utilities.wasm", &built("hello-utilities"));
        self.browser.wait_for_text("Our Utilities");
        self.look("inspected");
        self.browser.tick(&grant(STORE), false);
        self.browser.press("Install");
        self.is_in_place(OURS, "1.0.0");
    }

    fn sees_the_refusal_and_grants_it(&mut self) {
        self.browser.visit("/utilities");
        self.browser.wait_for_text("Case numbers");
        self.look("used-without");
        self.browser.visit(&plugin(OURS));
        self.browser.wait_for_text("something that it may not do");
        self.look("refused");
        self.browser.tick(&grant(STORE), true);
        self.browser.press("Grant what is ticked");
        self.browser.wait_for_text("Granted: 1.");
        self.browser.visit("/utilities");
        self.browser.fill("name", "Smith");
        self.browser.fill("year", "2026");
        self.browser.press("Give the next number");
        self.browser.wait_for_text("SMITH-");
        self.look("used-with");
    }

    fn updates(&mut self) {
        self.browser.visit("/packages");
        self.brings("newer.wasm", &version(&built("hello-utilities"), "1.0.0", "1.0.5"));
        self.browser.wait_for_text("1.0.5");
        self.look("update");
        self.browser.press("Update to 1.0.5");
        self.is_in_place(OURS, "1.0.5");
        self.look("updated");
        self.browser.visit("/utilities");
        self.browser.wait_for_text("SMITH-");
    }

    fn swaps(&mut self) {
        self.browser.visit("/packages");
        self.brings("tools.wasm", &built("tools"));
        self.browser.wait_for_text("goes away from /utilities for everybody");
        self.look("swap");
        self.browser.press(&format!("Take the place of {OURS}"));
        self.is_in_place(TOOLS, "1.0.0");
        self.browser.visit("/utilities");
        self.browser.wait_for_text("Count the words");
        self.look("swapped");
    }

    /// Its first page traps, so it is not let in.
    fn is_kept_from_a_broken_version(&mut self) {
        self.browser.visit("/packages");
        self.brings("broken.wasm", &tools("2.0.0", "mode=trap"));
        self.browser.press("Update to 2.0.0");
        self.browser.wait_for_text("its page /utilities does not open");
        self.look("not-let-in");
        self.browser.visit("/utilities");
        self.browser.wait_for_text("1.0.0");
    }

    /// Its first page is well, and everything else traps: that shows only when it is used.
    fn gets_the_former_version_back(&mut self) {
        self.browser.visit("/packages");
        self.brings("late.wasm", &tools("2.0.1", "mode=late"));
        self.browser.press("Update to 2.0.1");
        self.is_in_place(TOOLS, "2.0.1");
        for _ in 0..5 {
            self.browser.visit("/utilities/twice");
        }
        self.look_as_it_is("fails");
        self.browser.visit("/utilities/twice");
        self.browser.wait_for_text("Version 1.0.0 answered.");
        self.browser.visit(&plugin(TOOLS));
        self.browser.press("What happened");
        self.browser.wait_for_text("the former version came back by itself");
        self.look("came-back");
    }

    fn swaps_back(&mut self) {
        self.browser.click_on("form[action*='/swap-back'] button, button[formaction*='/swap-back']");
        self.browser.wait_for_text("Approve");
        self.look_as_it_is("swap-back");
        self.browser.press("Approve");
        self.is_in_place(OURS, "1.0.5");
        self.browser.visit("/utilities");
        self.browser.wait_for_text("SMITH-");
        self.look("swapped-back");
    }

    fn uninstalls(&mut self) {
        self.browser.visit(&plugin(OURS));
        self.browser.follow("Uninstall");
        self.browser.wait_for_text("It is taken off /utilities");
        self.look_as_it_is("uninstall");
        self.browser.press("Uninstall it");
        self.browser.press("Approve");
        self.browser.wait_for_text("is uninstalled");
        self.look("uninstalled");
        assert_eq!(self.house.as_admin().get("/utilities").status, 404);
    }

    /// Brings a file, and waits until it can be looked at.
    #[track_caller]
    fn brings(&self, name: &str, content: &[u8]) {
        let file = self.folder.join(name);
        std::fs::write(&file, content).expect("a file can be written");
        self.browser.choose("file", Path::new(&file));
        self.browser.press("Look at it");
        self.browser.wait_for_text("Discard it");
    }

    /// Waits until that version runs, and opens the page of the plugin.
    #[track_caller]
    fn is_in_place(&self, id: &str, number: &str) {
        let runs = || mounted(self.house.server.data(), id).filter(|mounted| mounted.version == number);
        assert!(wait_for(SOON, runs).is_some(), "{id} {number} does not run:\n{}", self.browser.words());
        self.browser.visit(&plugin(id));
        self.browser.wait_for_text(number);
    }

    /// Opens the page anew in all its looks.
    #[track_caller]
    fn look(&mut self, name: &str) {
        let path = self.browser.path();
        self.looks(name, Some(&path));
    }

    /// The same of a page that must not be asked for again.
    #[track_caller]
    fn look_as_it_is(&mut self, name: &str) {
        self.looks(name, None);
    }

    #[track_caller]
    fn looks(&mut self, name: &str, path: Option<&str>) {
        self.pictures += 1;
        self.browser.look(&format!("packages-{:02}-{name}", self.pictures), path);
    }
}

fn grant(capability: &str) -> String {
    format!("input[name='grant'][value='{capability}']")
}

fn plugin(id: &str) -> String {
    format!("/packages/plugin/{id}")
}

fn tools(number: &str, mode: &str) -> Vec<u8> {
    version(&version(&built("tools"), "1.0.0", number), "mode=good", mode)
}
