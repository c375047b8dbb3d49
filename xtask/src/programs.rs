//! Programs that the tests run beside the server - a browser with its driver, a registry, Git - installed where that can
//! be done without asking.

use std::path::Path;

use crate::shell::{Outcome, Workspace, run, say, which};

/// A program that has to be there.
struct Program {
    /// The variable that can name it, where there is one.
    variable: Option<&'static str>,
    name: &'static str,
    /// Debian's package of it.
    package: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program { variable: Some("VESTRY_CHROMIUM"), name: "chromium", package: "chromium" },
    Program { variable: Some("VESTRY_CHROMEDRIVER"), name: "chromedriver", package: "chromium-driver" },
    Program { variable: Some("VESTRY_REGISTRY"), name: "docker-registry", package: "docker-registry" },
    Program { variable: None, name: "git", package: "git" },
];

/// Sees to it that all of them are there. Installs them only as root on a Debian: anywhere else a test run has no
/// business with the system's packages.
pub fn ensure(workspace: &Workspace) -> Outcome {
    let missing: Vec<&str> = PROGRAMS.iter().filter(|program| !is_there(program)).map(|it| it.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if which("apt-get").is_none() || !is_root(workspace) {
        return Err(format!(
            "the tests need programs that are not here. On Debian: `sudo apt-get install {packages}`. Elsewhere \
             install Chromium, its driver, Git, and the registry of the CNCF's distribution project, and name what is \
             not on the search path under its name in {}.",
            PROGRAMS.iter().filter_map(|program| program.variable).collect::<Vec<_>>().join(", ")
        ));
    }
    say(&format!("installing {packages}"));
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends"][..]] {
        let mut apt = workspace.program("apt-get");
        apt.arg("-qq").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        if arguments[0] == "install" {
            apt.args(&missing);
        }
        run(apt)?;
    }
    Ok(())
}

fn is_there(program: &Program) -> bool {
    let named = program.variable.and_then(std::env::var_os);
    named.map_or_else(|| which(program.name).is_some(), |file| Path::new(&file).is_file())
}

fn is_root(workspace: &Workspace) -> bool {
    let mut id = workspace.program("id");
    id.arg("-u");
    id.output().is_ok_and(|answer| answer.stdout.trim_ascii() == b"0")
}
