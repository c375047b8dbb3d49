//! The browser that the tests drive: Chromium and its driver, installed where that can be done without asking.

use crate::shell::{Outcome, Workspace, run, say, which};

/// What has to be there: the variable that can name the program, the program, and Debian's package of it.
const PROGRAMS: &[(&str, &str, &str)] =
    &[("VESTRY_CHROMIUM", "chromium", "chromium"), ("VESTRY_CHROMEDRIVER", "chromedriver", "chromium-driver")];

/// Sees to it that Chromium and its driver are there. Installs them only as root on a Debian: anywhere else a test
/// run has no business with the system's packages.
pub fn ensure(workspace: &Workspace) -> Outcome {
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(variable, program, _)| !is_there(variable, program))
        .map(|(.., package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if which("apt-get").is_none() || !is_root(workspace) {
        return Err(format!(
            "the tests in a browser need Chromium and its driver. On Debian: `sudo apt-get install {packages}`. \
             Elsewhere install both, and name them in VESTRY_CHROMIUM and VESTRY_CHROMEDRIVER where they are not on \
             the search path under these names."
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

fn is_there(variable: &str, program: &str) -> bool {
    std::env::var_os(variable).is_some() || which(program).is_some()
}

fn is_root(workspace: &Workspace) -> bool {
    let mut id = workspace.program("id");
    id.arg("-u");
    id.output().is_ok_and(|answer| answer.stdout.trim_ascii() == b"0")
}
