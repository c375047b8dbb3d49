//! The pages of a journey, each looked at by axe-core, and pictures of them for who wants to look, too.

use vestry_tests::Browser;

/// The pages of one journey, numbered as they come. With `VESTRY_PICTURES` in the environment there are pictures of them,
/// `JOURNEY-NUMBER-NAME-LOOK` in `target/screenshots`.
pub struct Pictures {
    journey: &'static str,
    taken: usize,
    /// Pictures of each page in all four looks. Otherwise there are none, and both colours and both widths are looked at
    /// once each, which is long enough.
    wanted: bool,
}

impl Pictures {
    /// None yet.
    pub fn of(journey: &'static str) -> Self {
        Self { journey, taken: 0, wanted: std::env::var_os("VESTRY_PICTURES").is_some() }
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
        let name = format!("{}-{:02}-{name}", self.journey, self.taken);
        browser.each_look(|look| {
            if self.wanted {
                browser.screenshot(&format!("{name}-{look}"));
            }
            if look.narrow == look.dark {
                browser.check();
            }
        });
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
            if self.wanted {
                browser.screenshot(&format!("{}-rtl-{name}{ending}", self.journey));
            }
            browser.check();
        }
        browser.wide();
        browser.script("document.documentElement.dir = 'ltr';");
    }
}
