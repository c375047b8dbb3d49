//! The pages of a journey in their order, each looked at by axe-core, and pictures of them for who wants to look, too.

use vestry_tests::Browser;

/// The pages of one journey, numbered as they come: pictures are named `JOURNEY-NUMBER-NAME-LOOK`.
pub struct Pictures {
    journey: &'static str,
    taken: usize,
}

impl Pictures {
    /// None yet.
    pub fn of(journey: &'static str) -> Self {
        Self { journey, taken: 0 }
    }

    /// Opens the page anew and looks at it.
    #[track_caller]
    pub fn take(&mut self, browser: &Browser, name: &str) {
        browser.visit(&browser.path());
        self.take_as_it_is(browser, name);
    }

    /// The same of a page that must not be asked for again.
    #[track_caller]
    pub fn take_as_it_is(&mut self, browser: &Browser, name: &str) {
        self.taken += 1;
        browser.look(&format!("{}-{:02}-{name}", self.journey, self.taken), None);
    }

    /// The page that is open, as it is in languages that are written from right to left.
    #[track_caller]
    pub fn take_from_right_to_left(&self, browser: &Browser, name: &str) {
        browser.script("document.documentElement.dir = 'rtl';");
        for (narrow, ending) in [(false, ""), (true, "-320")] {
            match narrow {
                true => browser.narrow(),
                false => browser.wide(),
            }
            browser.screenshot(&format!("{}-rtl-{name}{ending}", self.journey));
            browser.check();
        }
        browser.wide();
        browser.script("document.documentElement.dir = 'ltr';");
    }
}
