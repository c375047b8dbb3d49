//! Functions of the host by name, each called with values from wherever it is called: in a GET, a POST, by a visitor, in a
//! job, while a page is followed, and for a piece of a download. So a test sees what the same function answers there.

use std::fmt::Debug;

use serde_json::Value;
use vestry_sdk::kv;
use vestry_sdk::mail::{self, Mail};
use vestry_sdk::packages::{self, Access, Placing, Source};
use vestry_sdk::prelude::*;
use vestry_sdk::queue;
use vestry_sdk::server;
use vestry_sdk::users::{self, Change, Mode};
use vestry_sdk::{events, files, http, jobs, secrets, uploads};

/// What a function answered, to be written as Rust writes it.
pub type Answered = Result<Box<dyn Debug>>;

/// What it is called with, by name.
pub struct Values<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Values<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    fn number(&self, name: &str, default: u64) -> u64 {
        self.optional(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// A directory's name; `files` where none is said.
    fn directory(&self) -> String {
        self.optional("directory").unwrap_or_else(|| "files".to_owned())
    }

    /// `a: b` on each line.
    fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let text = self.text(name);
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Divided by blanks.
    fn words(&self, name: &str) -> Vec<String> {
        self.text(name).split_whitespace().map(str::to_owned).collect()
    }
}

type Function = fn(&Values) -> Answered;

/// Every function: the interface's name, a dot, and its own.
const FUNCTIONS: &[(&str, Function)] = &[
    ("kv.get", |v| shown(kv::get(&[v.text("key")]))),
    ("kv.set", |v| shown(kv::write(&v.text("key"), v.text("value")))),
    ("files.entries", |v| shown(files::entries(&v.directory(), &v.text("path"), v.optional("cursor").as_deref()))),
    ("files.read", read),
    ("files.write", |v| shown(files::write(&v.directory(), &v.text("path"), v.text("content")))),
    ("files.append", |v| shown(files::append(&v.directory(), &v.text("path"), v.text("content").as_bytes()))),
    ("files.rename", |v| shown(files::rename(&v.directory(), &v.text("old"), &v.text("new")))),
    ("files.remove", |v| shown(files::remove(&v.directory(), &v.text("path")))),
    ("uploads.keep", |v| shown(uploads::keep(v.number("index", 0) as u32, &v.directory(), &v.text("path")))),
    ("http-client.send", send),
    ("secrets.reveal", |v| shown(secrets::reveal(&v.text("name")))),
    ("events.publish", |v| {
        events::publish(v.text("topic"));
        shown(Ok(()))
    }),
    ("jobs.start", |v| shown(jobs::start(&v.text("name"), v.optional("input").unwrap_or_else(|| "{}".to_owned())))),
    ("jobs.get", |v| shown(jobs::get(&v.text("id")))),
    ("jobs.cancel", |v| shown(jobs::cancel(&v.text("id")))),
    ("jobs.progress", |v| shown(jobs::progress(v.number("percent", 50) as u8, v.text("message")))),
    ("mail.send", |v| shown(mail_of(v).send())),
    ("users.find", |v| shown(users::find(&accounts(v)))),
    ("users.get", |v| shown(users::get(&[v.text("id")]))),
    ("users.privileges", |_| shown(users::privileges())),
    ("users.apply", |v| shown(users::apply(&[Change::Rename((v.text("id"), v.text("name")))], Mode::AllOrNothing))),
    ("users.invite", |v| {
        let privileges: Vec<_> = v.text("privileges").split_whitespace().map(str::to_owned).collect();
        shown(users::invite(&v.text("email"), &v.text("name"), &privileges))
    }),
    ("users.reset-password", |v| shown(users::reset_password(&v.text("id")))),
    ("queue.find", |v| {
        shown(queue::find(&queue::Query {
            plugin: v.optional("plugin"),
            state: v.optional("state"),
            cursor: v.optional("cursor"),
            limit: v.number("limit", 50) as u32,
        }))
    }),
    ("queue.get", |v| shown(queue::get(&v.text("id")))),
    ("queue.lines", |v| shown(queue::lines(&v.text("id"), v.number("after", 0)))),
    ("queue.cancel", |v| shown(queue::cancel(&v.text("id")))),
    ("queue.retry", |v| shown(queue::retry(&v.text("id")))),
    ("packages.plugins", |_| shown(packages::plugins())),
    ("packages.waiting", |_| shown(packages::waiting())),
    ("packages.history", |v| shown(packages::history(&v.text("id")))),
    ("packages.inspect", |v| shown(packages::inspect(&v.text("digest")))),
    ("packages.outcome", |v| shown(packages::outcome(&v.text("job")))),
    ("packages.upgrades", |_| shown(packages::upgrades())),
    ("packages.references", |v| shown(packages::references(&source(v), access(v).as_ref()))),
    ("packages.fetch", |v| shown(packages::fetch(&source(v), access(v).as_ref()))),
    ("packages.check", |v| shown(packages::check(&v.words("ids")))),
    ("packages.place", |v| shown(packages::place(&placings(v)))),
    ("packages.set-enabled", |v| shown(packages::set_enabled(&v.text("id"), v.text("enabled") == "1"))),
    ("packages.retry", |v| shown(packages::retry(&v.text("id")))),
    ("packages.set-limits", set_limits),
    ("packages.uninstall", |v| shown(packages::uninstall(&v.text("id"), v.text("data") == "1"))),
    ("packages.discard", |v| shown(packages::discard(&v.text("digest")))),
    ("server.describe", |_| shown(server::describe())),
];

/// No function of the host: answers all that the plugin is told, wherever it is asked.
const TOLD: &str = "told";

/// Calls a function with what the request names: in its form, else in its query.
pub fn asked(request: &Request, function: &str) -> Answered {
    if function == TOLD {
        return shown(Ok(request.clone()));
    }
    call(function, &|name| {
        let sent = request.form(name).optional().or_else(|| request.query(name).optional());
        sent.map(str::to_owned)
    })
}

/// Calls the `function` that a job's input names, with what else is in it; what it answered is the outcome.
pub fn work(task: &Task) -> Result<String> {
    let input: Value = serde_json::from_str(&task.input).unwrap_or_default();
    let value = |name: &str| match &input[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let function = value("function").unwrap_or_default();
    let answered = if function == TOLD { shown(Ok(task.clone())) } else { call(&function, &value) };
    Ok(Value::from(format!("{answered:?}")).to_string())
}

fn call(function: &str, values: &dyn Fn(&str) -> Option<String>) -> Answered {
    let found = FUNCTIONS.iter().find(|(name, _)| *name == function);
    let (_, called) = found.ok_or_else(|| Failure::not_found(function))?;
    called(&Values(values))
}

fn shown<T: Debug + 'static>(result: Result<T>) -> Answered {
    result.map(|value| Box::new(value) as Box<dyn Debug>)
}

fn read(v: &Values) -> Answered {
    let (offset, length) = (v.number("offset", 0), v.number("length", 1 << 20) as u32);
    let piece = files::read(&v.directory(), &v.text("path"), v.optional("identity").as_deref(), offset, length)?;
    shown(Ok((String::from_utf8_lossy(&piece.content).into_owned(), piece.size)))
}

/// `verb`, `url`, `headers`; `secret` as `HEADER: BEFORE|NAME`; `body`, `timeout`. Shows status, headers, size and the first
/// thousand characters of what came.
fn send(v: &Values) -> Answered {
    let mut call = http::Call::new(v.optional("verb").unwrap_or_else(|| "GET".to_owned()), v.text("url"))
        .timeout(v.number("timeout", 0) as u32);
    for (name, value) in v.pairs("headers") {
        call = call.header(name, value);
    }
    for (header, secret) in v.pairs("secret") {
        let (before, name) = secret.split_once('|').unwrap_or_default();
        call = call.secret(header, before, name);
    }
    if let Some(body) = v.optional("body") {
        call = call.body("text/plain", body);
    }
    let came = call.send()?;
    let text: String = String::from_utf8_lossy(&came.body).chars().take(1000).collect();
    shown(Ok((came.status, came.headers, came.body.len(), text)))
}

/// `message`, else `note`; to `account`, else the visitor; `values`; `open`.
fn mail_of(v: &Values) -> Mail {
    let kind = v.optional("message").unwrap_or_else(|| "note".to_owned());
    let mail = match v.optional("account") {
        Some(account) => mail::to_account(account, kind),
        None => mail::to_visitor(kind),
    };
    let mail = v.pairs("values").into_iter().fold(mail, |mail, (name, value)| mail.value(name, value));
    match v.optional("open") {
        Some(route) => mail.open(RouteRef::to(route)),
        None => mail,
    }
}

fn accounts(v: &Values) -> users::Query {
    users::Query {
        text: v.text("text"),
        privilege: None,
        active: None,
        order: "name".to_owned(),
        descending: false,
        cursor: v.optional("cursor"),
        limit: v.number("limit", 10) as u32,
    }
}

/// `git` (a URL) with `reference` and `path`; `registry`; `shipped`; `other`; else the upload `index`.
fn source(v: &Values) -> Source {
    if let Some(url) = v.optional("git") {
        return Source::git(url, v.text("reference"), v.text("path"));
    }
    if let Some(other) = v.optional("other") {
        return Source::Other((other, "{}".to_owned()));
    }
    let named = v.optional("registry").map(Source::Registry).or_else(|| v.optional("shipped").map(Source::Shipped));
    named.unwrap_or_else(|| Source::Upload(v.number("index", 0) as u32))
}

/// `token`, and `user` where there is one.
fn access(v: &Values) -> Option<Access> {
    v.optional("token").map(|token| Access { user: v.text("user"), token })
}

/// One for each of `digests`; `expected` as many, `-` for none; `mount`, `swap`, `take-over` and `data` for all.
fn placings(v: &Values) -> Vec<Placing> {
    let expected = v.words("expected");
    let digests = v.words("digests").into_iter().enumerate();
    digests
        .map(|(index, digest)| Placing {
            mount: v.optional("mount"),
            swap: v.text("swap") == "1",
            take_over: v.text("take-over") == "1",
            data: v.optional("data"),
            expected: expected.get(index).filter(|digest| *digest != "-").cloned().unwrap_or_default(),
            ..Placing::of(digest)
        })
        .collect()
}

/// `limits`, as `cpu-ms: 500`, or `memory: default`.
fn set_limits(v: &Values) -> Answered {
    let pairs = v.pairs("limits");
    let limits = pairs.iter().map(|(name, value)| (name.as_str(), value.parse().ok()));
    shown(packages::set_limits(&v.text("id"), limits))
}
