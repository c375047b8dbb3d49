//! How many bytes a value takes on its way between plugin and host.
//!
//! A close estimate: text and bytes as they are, eight bytes for every number, flag and list. It bounds what a request
//! moves, it bills nobody.

use vestry_contract::{
    contributions, files, http_client, jobs, kv, packages, phrases, queue, server, types, ui, users,
};

pub(crate) trait Weight {
    fn weight(&self) -> usize;
}

/// What any value that is not text costs.
const WORD: usize = 8;

macro_rules! words {
    ($($kind:ty),*) => { $(impl Weight for $kind { fn weight(&self) -> usize { WORD } })* };
}
words!(bool, u8, u32, u64, (), users::Mode);

/// Records: the sum of their fields.
macro_rules! records {
    ($($kind:ty { $($field:ident),* })*) => {
        $(impl Weight for $kind { fn weight(&self) -> usize { 0 $(+ self.$field.weight())* } })*
    };
}
records! {
    kv::Entry { key, value, version }
    kv::Range { start, end, limit, reverse }
    kv::Check { key, version }
    types::Filled { phrase, values }
    files::File { path, identity, size, modified, directory }
    files::Listing { files, next }
    jobs::Job { id, name, percent, message, outcome, queued, started }
    queue::Job {
        id, plugin, name, percent, message, attempt, starter, starter_name, scheduled, queued, started, ended, due, extra
    }
    queue::Query { plugin, state, cursor, limit }
    queue::Found { jobs, total, next }
    queue::Line { number, time, level, text }
    packages::Git { url, reference, path }
    packages::Access { user, token }
    packages::Reference { name, kind, target }
    packages::Package { digest, id, version, title, summary, language, size, added, used, source, detail, extra }
    packages::Used { calls, failures, refused, cpu_ms, peak_memory, p95_us }
    packages::Limit { name, value, default, least, most, chosen }
    packages::Plugin {
        id, mount, state, reason, package, versions, displaced, newer, checked, problem, needed_by, limits, since_start,
        last_hour, job, extra
    }
    packages::Ask { capability, means, reason, grave, granted, new }
    packages::Addition { kind, name, detail, change }
    packages::Inspection {
        package, readme, adds, asks, installed, mount, replaces, stranger_to, warnings, missing, data_choices, wider, job,
        extra
    }
    packages::Work { kind, state, digest, plugin, problems, started }
    packages::Event { time, kind, version, digest, former, by, reason }
    packages::Placing { digest, mount, swap, take_over, data, expected }
    packages::Upgrade { id, current, newer, notes, how }
    phrases::Language { tag, name, right_to_left, plurals, added, offered, extra }
    phrases::Covered { plugin, title, phrases, translated, machine }
    phrases::Entry { plugin, phrase, place, forms, state, changed, changed_by, extra }
    phrases::Query { language, plugin, state, text, cursor, limit }
    phrases::Found { entries, total, next }
    phrases::Translation { plugin, phrase, forms, machine, expected }
    phrases::Refusal { index, reason }
    phrases::Outcome { changed, unchanged, refusals }
    server::Node { name, here, since }
    server::Plugin { id, version, mount, state, routes, interfaces }
    server::Store { name, bytes, files }
    server::Station { name, does, now }
    server::Overview { version, built_with, started, nodes, plugins, limits, stores, way, sandbox, extra }
    contributions::Entry { id, plugin, title, summary }
    ui::Texts { all, ends }
    ui::RouteRef { route, params, query }
    ui::Badge { label }
    users::User { id, email, name, active, privileges, second_factor, created, last_seen, version, extra }
    users::Privilege { name, title, may_give, extra }
    users::Query { text, privilege, active, order, descending, cursor, limit }
    users::Found { users, total, previous, next }
    users::FoundColumns {
        ids, emails, names, active, privileges, second_factor, created, last_seen, total, previous, next
    }
    users::Refusal { index, id, reason }
    users::Outcome { changed, unchanged, refused, refusals, created }
}

impl Weight for String {
    fn weight(&self) -> usize {
        self.len() + WORD
    }
}

impl<T: Weight> Weight for Vec<T> {
    fn weight(&self) -> usize {
        WORD + self.iter().map(Weight::weight).sum::<usize>()
    }
}

impl<T: Weight> Weight for Option<T> {
    fn weight(&self) -> usize {
        WORD + self.as_ref().map_or(0, Weight::weight)
    }
}

impl<A: Weight, B: Weight> Weight for (A, B) {
    fn weight(&self) -> usize {
        self.0.weight() + self.1.weight()
    }
}

impl<A: Weight, B: Weight, C: Weight> Weight for (A, B, C) {
    fn weight(&self) -> usize {
        self.0.weight() + self.1.weight() + self.2.weight()
    }
}

impl<T: Weight + ?Sized> Weight for &T {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}

impl Weight for types::Text {
    fn weight(&self) -> usize {
        match self {
            Self::Phrase(text) | Self::Data(text) => text.weight(),
            Self::Filled(filled) => filled.weight(),
        }
    }
}

impl Weight for http_client::Header {
    fn weight(&self) -> usize {
        match self {
            Self::Text(header) => header.weight(),
            Self::Secret(header) => header.weight(),
        }
    }
}

impl Weight for packages::Source {
    fn weight(&self) -> usize {
        match self {
            Self::Upload(index) => index.weight(),
            Self::Git(git) => git.weight(),
            Self::Registry(text) | Self::Shipped(text) => text.weight(),
            Self::Other(other) => other.weight(),
        }
    }
}

impl Weight for phrases::Change {
    fn weight(&self) -> usize {
        match self {
            Self::Set(translation) => translation.weight(),
            Self::Clear(key) => key.weight(),
        }
    }
}

impl Weight for kv::Change {
    fn weight(&self) -> usize {
        match self {
            Self::Set((key, value)) => key.weight() + value.len() + WORD,
            Self::Delete(key) => key.weight(),
            Self::SetUntil((key, value, _)) => key.weight() + value.len() + 2 * WORD,
        }
    }
}

impl Weight for users::Change {
    fn weight(&self) -> usize {
        match self {
            Self::Create(account) => account.weight(),
            Self::Rename(named) | Self::Give(named) | Self::Take(named) => named.weight(),
            Self::SetActive(set) => set.weight(),
            Self::Delete(id) => id.weight(),
        }
    }
}

impl Weight for users::BulkChange {
    fn weight(&self) -> usize {
        match self {
            Self::SetActive(active) => active.weight(),
            Self::Give(privilege) | Self::Take(privilege) => privilege.weight(),
        }
    }
}
