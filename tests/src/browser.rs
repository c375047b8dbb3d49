//! Headless Chromium, driven as a person drives it: by what stands on the screen.
//!
//! Everything waits: a page may be fetched whole or in part, so an element is looked for again until it is there and
//! can be used, for ten seconds. What the console says is kept and fails the test at the end of [`Browser::check`]:
//! a script error, a missing file, a broken Content-Security-Policy.

use std::fmt::{Debug, Display};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};
use thirtyfour::common::capabilities::chrome::ChromeCapabilities;
use thirtyfour::error::{WebDriverErrorInner, WebDriverResult};
use thirtyfour::{By, CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement};
use tokio::runtime::{Builder, Runtime};

use crate::keeper::{Keeper, new_folder};
use crate::{installed, target, used, wait_for};

const PATIENCE: Duration = Duration::from_secs(10);
const PROGRAMS: [(&str, &str); 2] = [("VESTRY_CHROMEDRIVER", "chromedriver"), ("VESTRY_CHROMIUM", "chromium")];
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    // Pages scroll and fade slowly for people; a click must not come while its button is on the way.
    "--force-prefers-reduced-motion",
    "--window-size=1280,900",
    "--lang=en-US",
];

/// axe-core from the front-end's dependencies. It is injected from outside the page, which no policy forbids.
const AXE: &str = "templates/assets/node_modules/axe-core/axe.min.js";
const RUN_AXE: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        found => done({ found: found.violations.map(violation => ({
            rule: violation.id, impact: violation.impact, help: violation.help,
            nodes: violation.nodes.map(node => node.target.join(' ') + '  ' + node.html.slice(0, 200)),
        })) }),
        error => done({ error: String(error) }),
    );";

/// Whether an element can be seen, once it is scrolled to.
const IS_SHOWN: &str = "
    const [element] = arguments, { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });";

/// What is wider than the window, if anything is: a page must not scroll sideways.
const TOO_WIDE: &str = "
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll('body *')]
        .filter(element => {
            const { left, right } = element.getBoundingClientRect();
            return right > width + 1 || left < -1;
        })
        .slice(0, 8).map(element => element.outerHTML.slice(0, 160));";

/// One profile of the browser with one window.
pub struct Browser {
    runtime: Runtime,
    driver: Option<WebDriver>,
    address: String,
    /// Texts of console messages that this test brings about on purpose.
    expected: Vec<String>,
    /// Somebody wants to see the pages: `VESTRY_PICTURES` is set.
    pictures: bool,
    _chromedriver: Keeper,
}

impl Debug for Browser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Browser").field("address", &self.address).finish_non_exhaustive()
    }
}

/// How a page is looked at; written as pictures of it end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub dark: bool,
    pub narrow: bool,
}

impl Display for Look {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.dark { "dark" } else { "light" })?;
        formatter.write_str(if self.narrow { "-320" } else { "" })
    }
}

impl Browser {
    /// Opens a browser with an empty profile for the server at this address.
    pub fn open(address: &str) -> Self {
        let folder = new_folder("browser");
        let [driver, chromium] = PROGRAMS.map(|(variable, name)| installed(variable, name));
        let keeper = Keeper::start(&folder, &driver, &["--port=0"]);
        let port = wait_for(PATIENCE, || port_of(&keeper.output("stdout"))).unwrap_or_else(|| {
            panic!("chromedriver did not start: {}{}", keeper.output("stdout"), keeper.output("stderr"))
        });
        let mut capabilities = DesiredCapabilities::chrome();
        prepare(&mut capabilities, &folder.join("profile"), &chromium).expect("capabilities can be said");
        // The driver's HTTP client is built without one: which one it is, the program that uses it says. Said twice, it
        // stays as it is.
        rustls::crypto::ring::default_provider().install_default().ok();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let session = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities);
        let driver = runtime.block_on(session).expect("a session of the browser begins");
        let address = address.to_owned();
        let pictures = std::env::var_os("VESTRY_PICTURES").is_some();
        Self { runtime, driver: Some(driver), address, expected: Vec::new(), pictures, _chromedriver: keeper }
    }

    /// Opens a page of the server.
    pub fn visit(&self, path: &str) {
        let url = format!("{}{path}", self.address);
        self.runtime.block_on(self.driver().goto(url)).expect("the page opens");
    }

    /// Path and query of the page that is open.
    pub fn path(&self) -> String {
        let url = self.runtime.block_on(self.driver().current_url()).expect("a page is open");
        used::links(url.path());
        url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
    }

    pub fn title(&self) -> String {
        self.runtime.block_on(self.driver().title()).expect("a page has a title")
    }

    /// All that can be read on the page.
    pub fn words(&self) -> String {
        self.script("return document.body.innerText;").as_str().unwrap_or_default().to_owned()
    }

    /// Types into the field of that name, in place of what is there.
    #[track_caller]
    pub fn fill(&self, name: &str, text: &str) {
        if name.contains("password") {
            used::typed(text.trim_end());
        }
        self.retry(&format!("fill in `{name}`"), async |driver: &WebDriver| {
            let field = shown(driver, By::Css(format!("main [name='{name}'], dialog[open] [name='{name}']"))).await?;
            field.clear().await?;
            field.send_keys(text).await
        });
    }

    /// Chooses a file of this machine in the field of that name.
    #[track_caller]
    pub fn choose(&self, name: &str, file: &Path) {
        self.retry(&format!("choose a file in `{name}`"), async |driver: &WebDriver| {
            let field = driver.find(By::Css(format!("main input[type=file][name='{name}']"))).await?;
            field.send_keys(file.display().to_string()).await
        });
    }

    /// Sees to it that a box is ticked, or is not.
    #[track_caller]
    pub fn tick(&self, selector: &str, ticked: bool) {
        let is_ticked = self.script(&format!("return document.querySelector({}).checked;", json!(selector)));
        if is_ticked != ticked {
            self.click_on(selector);
        }
    }

    /// Presses the button with these words.
    #[track_caller]
    pub fn press(&self, label: &str) {
        let by = format!(
            "//button[normalize-space()={0} or @aria-label={0}] | //summary[normalize-space()={0}]",
            quoted(label)
        );
        self.click(&format!("press `{label}`"), By::XPath(by));
    }

    /// Follows the link with these words.
    #[track_caller]
    pub fn follow(&self, label: &str) {
        let by = format!("//a[@href and (normalize-space()={0} or @aria-label={0})]", quoted(label));
        self.click(&format!("follow `{label}`"), By::XPath(by));
    }

    /// Presses the button or follows the link with these words: an action is the one or the other by what it carries.
    #[track_caller]
    pub fn follow_or_press(&self, label: &str) {
        let by = format!("//main//*[self::button or self::a[@href]][normalize-space()={}]", quoted(label));
        self.click(&format!("take `{label}`"), By::XPath(by));
    }

    /// Clicks on whatever the CSS selector finds first and can be seen.
    #[track_caller]
    pub fn click_on(&self, selector: &str) {
        self.click(&format!("click on `{selector}`"), By::Css(selector));
    }

    /// Types on the keyboard, wherever its focus is.
    pub fn keys(&self, text: &str) {
        let keys = self.driver().action_chain().send_keys(text);
        self.runtime.block_on(keys.perform()).expect("keys can be pressed");
    }

    #[track_caller]
    fn click(&self, what: &str, by: By) {
        self.retry(what, async |driver: &WebDriver| {
            let element = shown(driver, by.clone()).await?;
            match element.click().await {
                // What stands in a closed `details` that the style sheet shows all the same: the driver takes it for
                // hidden, the mouse does not.
                Err(error) if matches!(*error, WebDriverErrorInner::ElementNotInteractable(_)) => {
                    driver.action_chain().click_element(&element).perform().await
                }
                done => done,
            }
        });
    }

    /// Waits until the page shows this text.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        let found = wait_for(PATIENCE, || self.try_words().filter(|words| words.contains(text)));
        assert!(found.is_some(), "`{text}` did not appear on {}:\n{}", self.path(), self.words());
    }

    /// Waits until the page that is open has a path with this start.
    #[track_caller]
    pub fn wait_for_path(&self, start: &str) {
        let found = wait_for(PATIENCE, || self.path().starts_with(start).then_some(()));
        assert!(found.is_some(), "{start} was not reached, but {}:\n{}", self.path(), self.words());
    }

    pub fn has(&self, selector: &str) -> bool {
        let found = self.runtime.block_on(self.driver().find_all(By::Css(selector)));
        !found.expect("a page can be searched").is_empty()
    }

    /// Runs JavaScript in the page, as its body of a function, and answers what it returns.
    #[track_caller]
    pub fn script(&self, script: &str) -> Value {
        let answer = self.runtime.block_on(self.driver().execute(script, Vec::new()));
        answer.expect("the script runs").json().clone()
    }

    /// A window as narrow as a small telephone's.
    pub fn narrow(&self) {
        let size = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    pub fn wide(&self) {
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({}));
    }

    /// The colours that this person's system asks for: `dark` or `light`.
    pub fn colours(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    /// Does it in both colours and at both widths, once each: wide in the light, narrow in the dark. For who wants pictures,
    /// in all four looks. It is wide and light afterwards.
    #[track_caller]
    pub fn each_look(&self, mut at: impl FnMut(Look)) {
        let every = [(false, false), (false, true), (true, false), (true, true)];
        for (dark, narrow) in every.into_iter().filter(|(dark, narrow)| self.pictures || dark == narrow) {
            self.colours(if dark { "dark" } else { "light" });
            match narrow {
                true => self.narrow(),
                false => self.wide(),
            }
            at(Look { dark, narrow });
        }
        self.wide();
        self.colours("light");
    }

    /// Asks for pages in this language from now on, as one that is set to it does.
    pub fn asks_for(&self, language: &str) {
        self.devtools("Network.enable", json!({}));
        self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": { "Accept-Language": language } }));
    }

    /// A picture of the page in [each look](Self::each_look), `NAME-LOOK`, and [`check`](Self::check). With a path it is
    /// opened anew each time; without one it is looked at as it is, because some pages are shown once.
    #[track_caller]
    pub fn look(&self, name: &str, path: Option<&str>) {
        self.each_look(|look| {
            if let Some(path) = path {
                self.visit(path);
            }
            self.screenshot(&format!("{name}-{look}"));
            self.check();
        });
    }

    /// Turns the scripts of pages off, from the next page on.
    pub fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    }

    /// Whatever is downloaded from now on is saved there.
    pub fn keep_downloads_in(&self, folder: &Path) {
        self.devtools("Browser.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": folder }));
    }

    /// A message on the console that has this in it is meant: this test brings it about.
    pub fn expect_on_console(&mut self, text: &str) {
        self.expected.push(text.to_owned());
    }

    /// A picture of the whole page in `target/screenshots/NAME.png`, where `VESTRY_PICTURES` asks for some.
    pub fn screenshot(&self, name: &str) {
        if !self.pictures {
            return;
        }
        let size =
            "return { x: 0, y: 0, scale: 1, width: window.innerWidth, height: document.documentElement.scrollHeight };";
        let clip = self.script(size);
        // What fits the window is taken as it is: from right to left, the browser shifts it where it looks beyond.
        let beyond = clip["height"].as_f64() > self.script("return window.innerHeight;").as_f64();
        let whole = json!({ "captureBeyondViewport": true, "clip": clip });
        let answer = self.devtools("Page.captureScreenshot", if beyond { whole } else { json!({}) });
        let data = answer["data"].as_str().expect("a picture is answered");
        let picture = BASE64.decode(data.as_bytes()).expect("a picture is Base64");
        let folder = target().join("screenshots");
        fs::create_dir_all(&folder).expect("a folder below target can be made");
        fs::write(folder.join(format!("{name}.png")), picture).expect("a picture can be written");
    }

    /// Fails the test where the page has a serious fault for people who use it without a mouse or without seeing it
    /// well, where it scrolls sideways, or where the console has something to say.
    #[track_caller]
    pub fn check(&self) {
        let wide = self.script(TOO_WIDE);
        assert_eq!(wide, json!([]), "{} scrolls sideways: {wide:#}", self.path());
        let faults: Vec<Value> = self.axe().into_iter().filter(is_grave).collect();
        assert!(faults.is_empty(), "axe-core finds on {}: {:#}", self.path(), Value::from(faults));
        self.check_console();
    }

    /// Fails the test where the console has something to say.
    #[track_caller]
    pub fn check_console(&self) {
        let log = self.runtime.block_on(self.driver().browser_log()).expect("the console can be read");
        let lines = log.iter().filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        let lines = lines.map(|entry| format!("{}: {}", entry.level, entry.message));
        let faults: Vec<String> = lines.filter(|line| !self.expected.iter().any(|text| line.contains(text))).collect();
        assert!(faults.is_empty(), "the console of {} says: {faults:#?}", self.path());
    }

    /// What axe-core finds on the page that is open.
    fn axe(&self) -> Vec<Value> {
        let file = target().parent().expect("target lies in the workspace").join(AXE);
        let source = fs::read_to_string(file).expect("axe-core is there: run `cargo xtask setup`");
        self.script(&format!("if (!window.axe) {{ {source} }}"));
        let answer = self.runtime.block_on(self.driver().execute_async(RUN_AXE, Vec::new()));
        let answer = answer.expect("axe-core runs").json().clone();
        assert!(answer["error"].is_null(), "axe-core failed on {}: {}", self.path(), answer["error"]);
        answer["found"].as_array().expect("axe-core answers a list").clone()
    }

    fn devtools(&self, command: &str, parameters: Value) -> Value {
        let answer = self.runtime.block_on(self.driver().cdp().send_raw(command, parameters));
        answer.unwrap_or_else(|error| panic!("{command} failed: {error}"))
    }

    fn try_words(&self) -> Option<String> {
        let script = "return document.body ? document.body.innerText : '';";
        let answer = self.runtime.block_on(self.driver().execute(script, Vec::new())).ok()?;
        answer.json().as_str().map(str::to_owned)
    }

    /// Tries until it works: the page may be about to change under the hand.
    #[track_caller]
    fn retry(&self, what: &str, attempt: impl AsyncFn(&WebDriver) -> WebDriverResult<()>) {
        let started = Instant::now();
        loop {
            match self.runtime.block_on(attempt(self.driver())) {
                Ok(()) => return,
                Err(error) if started.elapsed() > PATIENCE => {
                    panic!("could not {what} on {}: {error}\n{}", self.path(), self.words())
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("the browser is open until it is dropped")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            let cookies = self.runtime.block_on(driver.get_all_cookies());
            cookies.into_iter().flatten().for_each(|cookie| used::cookie(&cookie.name, &cookie.value));
            self.runtime.block_on(driver.quit()).ok();
        }
    }
}

fn prepare(capabilities: &mut ChromeCapabilities, profile: &Path, chromium: &Path) -> WebDriverResult<()> {
    for argument in ARGUMENTS {
        capabilities.add_arg(argument)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    capabilities.set_binary(&chromium.to_string_lossy())?;
    capabilities.set("goog:loggingPrefs", json!({ "browser": "ALL" }))
}

/// The first element that can be seen; a page may hold the same button twice, for wide and for narrow windows.
async fn shown(driver: &WebDriver, by: By) -> WebDriverResult<WebElement> {
    for element in driver.find_all(by.clone()).await? {
        let asked = driver.execute(IS_SHOWN, vec![element.to_json()?]).await?;
        if asked.json() == true {
            return Ok(element);
        }
    }
    driver.find(by).await
}

fn is_grave(fault: &Value) -> bool {
    matches!(fault["impact"].as_str(), Some("serious" | "critical"))
}

fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

fn port_of(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once("started successfully on port ")?;
    let (port, _) = rest.split_once('.')?;
    port.parse().ok()
}
