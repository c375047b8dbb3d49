//! The whole system from outside: what the tests below `tests/` stand on.
//!
//! Nothing here knows how Vestry is built inside. A test starts the built program on a data directory of its own,
//! speaks to it over HTTP, on its command line or through a browser, and looks at what it answers. `cargo xtask test`
//! builds the program first; a bare `cargo test -p vestry-tests` runs the one that is there.

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub mod accounts;
pub mod authority;
pub mod browser;
pub mod client;
pub mod component;
pub mod database;
pub mod desk;
pub mod grants;
pub mod grep;
pub mod keeper;
pub mod languages;
pub mod leftovers;
pub mod load;
pub mod logs;
pub mod page;
pub mod registry;
pub mod remote;
pub mod repository;
pub mod server;
pub mod stream;
pub mod transfer;
pub mod translator;
pub mod used;
pub mod utilities;
pub mod warm;
pub mod web;
pub mod written;

pub use accounts::{House, Person};
pub use browser::Browser;
pub use client::{Answer, Client};
pub use desk::Desk;
pub use page::{Form, Page};
pub use server::Server;
pub use stream::Stream;
pub use transfer::Transfer;

/// A program of this workspace, beside the test that runs.
pub fn program(name: &str) -> PathBuf {
    let file = built().join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(file.is_file(), "`{name}` has not been built: run `cargo xtask test`, which does that first");
    file
}

/// The folder that cargo builds everything into.
pub fn target() -> PathBuf {
    built().parent().expect("a profile's folder lies in another").to_path_buf()
}

/// A component that is built for the tests alone.
pub fn test_plugin(name: &str) -> PathBuf {
    let file = target().join("test-plugins").join(format!("{name}.wasm"));
    assert!(file.is_file(), "the plugin `{name}` has not been built: run `cargo xtask setup`");
    file
}

/// A program of the system that a variable names, or that lies on the search path.
pub fn installed(variable: &str, name: &str) -> PathBuf {
    if let Some(file) = std::env::var_os(variable) {
        return file.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: `cargo xtask test` says what to do"))
}

/// Asks again and again until there is an answer, or no time left.
pub fn wait_for<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        match ask() {
            Some(answer) => return Some(answer),
            None if started.elapsed() > limit => return None,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Where cargo lays the programs of the profile that this test was built with. Tests lie in its folder `deps`.
fn built() -> PathBuf {
    let this = std::env::current_exe().expect("a test knows its own file");
    let folder = this.parent().expect("it lies in a folder");
    if folder.ends_with("deps") { folder.parent().expect("deps lies in a folder") } else { folder }.to_path_buf()
}
