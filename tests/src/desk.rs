//! Package Management as a program uses it: with a token, and without a click. What only a person may say - what a package
//! is granted - an administrator says in a browser of their own.
//!
//! What became of an order is read from the database, so that it can be known where the server was killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::OptionalExtension;

use crate::client::Call;
use crate::{Answer, Client, Form, House, Page, component, database, wait_for};

/// What a token needs to order everything, also updates that are handed on what the version before was granted. The last
/// ones are grave, so the scope has to name them.
pub const SCOPES: &[&str] = &[
    "packages.read",
    "packages.manage",
    "plugins.grant",
    "vestry:admin/packages.place",
    "vestry:admin/packages.uninstall",
    "vestry:admin/packages.set-enabled",
    "vestry:admin/packages.set-limits",
    "vestry:admin/packages.retry",
    "vestry:admin/packages.discard",
];
/// Nothing that a test orders takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody with a token, at the desk of Package Management.
#[derive(Debug)]
pub struct Desk {
    pub client: Client,
    data: PathBuf,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub digest: String,
    pub plugin: String,
    /// What it said last, why it failed, and each problem, a line each.
    pub said: String,
}

/// What is mounted of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    pub digest: String,
    pub version: String,
    pub mount: String,
    pub source: String,
}

impl Desk {
    /// With a token of the first administrator.
    pub fn of(house: &House) -> Self {
        Self::with(house, &house.token(&house.admin, SCOPES))
    }

    pub fn with(house: &House, token: &str) -> Self {
        Self { client: house.with_token(token), data: house.server.data().to_path_buf() }
    }

    /// Sends a form of Package Management.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.client.call("POST", path).header("accept", "application/json").form(fields).send()
    }

    /// Sends a file; answers what came back.
    pub fn send(&self, name: &str, content: &[u8]) -> Answer {
        self.sending(name, content).send()
    }

    /// The request that sends a file.
    pub fn sending(&self, name: &str, content: &[u8]) -> Call<'_> {
        let call = self.client.call("POST", "/packages/install/upload").header("accept", "application/json");
        call.file(&[], name, content)
    }

    /// Orders a package from a file; answers the job.
    #[track_caller]
    pub fn upload(&self, content: &[u8]) -> String {
        job_of(&self.send("package.wasm", content))
    }

    /// Orders what lies in a Git repository.
    #[track_caller]
    pub fn git(&self, url: &str, reference: &str, path: &str) -> String {
        let fields = [("url", url), ("reference", reference), ("path", path), ("commit", "")];
        job_of(&self.post("/packages/install/git/fetch", &fields))
    }

    /// Orders what a registry has under a reference with a tag or a digest.
    #[track_caller]
    pub fn registry(&self, reference: &str, access: Option<(&str, &str)>) -> String {
        let (user, token) = access.unwrap_or_default();
        let fields = [("reference", reference), ("user", user), ("token", token)];
        job_of(&self.post("/packages/install/registry", &fields))
    }

    /// Orders that a package takes its place, with what it was granted before or with nothing; answers the job. `running`: the
    /// digest that runs of its plugin, empty for none.
    #[track_caller]
    pub fn place(&self, digest: &str, running: &str) -> String {
        job_of(&self.post("/packages/plan", &[("place", &format!("{digest} {running}"))]))
    }

    /// Orders a package of a plugin that runs in another version; answers the job.
    #[track_caller]
    pub fn back(&self, digest: &str) -> String {
        job_of(&self.post(&format!("/packages/back/{digest}"), &[]))
    }

    /// Orders that the plugin comes back whose place this one took; answers the job.
    #[track_caller]
    pub fn swap_back(&self, id: &str) -> String {
        job_of(&self.post(&format!("/packages/plugin/{id}/swap-back"), &[]))
    }

    /// Says yes to everything that a package asks for but this, as an administrator who has just signed in, and orders that
    /// it takes its place; answers the job.
    #[track_caller]
    pub fn order(&self, admin: &Client, digest: &str, refused: &[&str]) -> String {
        let page = admin.get(&consent(digest)).expect(200).page();
        admin.submit(&ordering(&page, refused)).expect(303);
        self.latest(digest).unwrap_or_else(|| panic!("no job places {digest}"))
    }

    /// Brings a package here and mounts it with all that it asks for; answers its digest.
    #[track_caller]
    pub fn install(&self, admin: &Client, content: &[u8]) -> String {
        let digest = self.fetch(content);
        self.done(&self.order(admin, &digest, &[]));
        digest
    }

    /// The job that was ordered last to place a package.
    fn latest(&self, digest: &str) -> Option<String> {
        let query = "SELECT id FROM jobs JOIN package_jobs ON job = id WHERE kind = 'place' AND digest = ? \
                     ORDER BY queued DESC, jobs.rowid DESC LIMIT 1";
        database::open(&self.data).query_row(query, [digest], |row| row.get(0)).optional().expect("jobs can be read")
    }

    /// Waits until an order has come to its end.
    #[track_caller]
    pub fn end(&self, job: &str) -> Work {
        let ended = || self.work(job).filter(|work| !matches!(work.state.as_str(), "queued" | "running"));
        wait_for(PATIENCE, ended).unwrap_or_else(|| panic!("{job} comes to no end: {:?}", self.work(job)))
    }

    /// Waits until it is done; answers the digest that it is about.
    #[track_caller]
    pub fn done(&self, job: &str) -> String {
        let work = self.end(job);
        assert_eq!(work.state, "done", "{}", work.said);
        work.digest
    }

    /// Waits until it has failed; answers why.
    #[track_caller]
    pub fn refused(&self, job: &str) -> String {
        let work = self.end(job);
        assert_eq!(work.state, "failed", "{}", work.said);
        work.said
    }

    /// Waits until it has failed once; answers why. What may go well another time is tried again, and has not ended then.
    #[track_caller]
    pub fn stumbled(&self, job: &str) -> String {
        let query = "SELECT failure FROM jobs WHERE id = ? AND failure <> ''";
        let stumbled = || database::open(&self.data).query_row(query, [job], |row| row.get(0)).optional().ok()?;
        wait_for(PATIENCE, stumbled).unwrap_or_else(|| panic!("{job} does not fail: {:?}", self.work(job)))
    }

    /// Brings a package here that has been built for the tests, as it is; answers its digest.
    #[track_caller]
    pub fn fetch(&self, content: &[u8]) -> String {
        let digest = self.done(&self.upload(content));
        assert_eq!(digest, component::digest(content), "a package is known by its digest");
        digest
    }

    /// What is known of a job at this moment.
    pub fn work(&self, job: &str) -> Option<Work> {
        let query = "SELECT state, digest, package_jobs.plugin, coalesce(message, '') || char(10) || coalesce(failure, '') \
                     || char(10) || problems FROM jobs JOIN package_jobs ON job = id WHERE id = ?";
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Work { state: row.get(0)?, digest: row.get(1)?, plugin: row.get(2)?, said: row.get(3)? })
        };
        database::open(&self.data).query_row(query, [job], row).optional().expect("jobs can be read")
    }

    /// What is mounted under an id; none for nothing.
    pub fn mounted(&self, id: &str) -> Option<Mounted> {
        mounted(&self.data, id)
    }
}

/// The same, of any data directory.
pub fn mounted(data: &Path, id: &str) -> Option<Mounted> {
    let query =
        "SELECT plugins.digest, version, mount, source FROM plugins JOIN packages USING (digest) WHERE plugins.id = ?";
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Mounted { digest: row.get(0)?, version: row.get(1)?, mount: row.get(2)?, source: row.get(3)? })
    };
    database::open(data).query_row(query, [id], row).optional().expect("plugins can be read")
}

/// The page on which a person says what a package is granted, and puts it in its place.
pub fn consent(digest: &str) -> String {
    format!("/account/consent/{digest}")
}

/// Where an answer leads: a browser is redirected, a program is told.
pub fn leads_to(answer: &Answer) -> Option<String> {
    answer.location().or_else(|| {
        let told: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        (answer.status == 200).then(|| told["location"].as_str().map(str::to_owned))?
    })
}

/// The job that an answer leads to.
#[track_caller]
pub fn job_of(answer: &Answer) -> String {
    let location = leads_to(answer);
    let job = location.as_deref().and_then(|path| path.strip_prefix("/packages/work/"));
    let job = job.unwrap_or_else(|| panic!("it leads to {location:?}, not to a job: {}", answer.text()));
    job.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// The form of a page of consent that orders the package into its place, with a yes to everything that it asks for but
/// this.
#[track_caller]
pub fn ordering(page: &Page, refused: &[&str]) -> Form {
    let placing = ("act".to_owned(), "place".to_owned());
    let form = page.buttons().into_iter().map(|button| button.form).find(|form| form.fields.contains(&placing));
    let mut form = form.unwrap_or_else(|| panic!("it cannot be put in its place: {}", page.text("main")));
    form.fields.retain(|(name, _)| name != "grant");
    for capability in page.attributes("[name=grant]:not([disabled])", "value") {
        if !refused.contains(&capability.as_str()) {
            form = form.and("grant", &capability);
        }
    }
    form
}
