//! What the child may use. A pack is written by whoever wrote a plugin, and a megabyte of it can stand for gigabytes.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

/// The largest object of a repository that is put together, in bytes. Each is, to check its name; a component is one.
pub(super) const LARGEST_OBJECT: u64 = 128 << 20;

/// The memory is that of an object of the largest size, made of a difference to another one, and half as much again for
/// what fetching needs besides. It counts what can be written to; files that are only read through memory do not.
const LIMITS: &[(Resource, u64)] = &[
    (Resource::Data, 512 << 20),
    (Resource::Fsize, 512 << 20),
    (Resource::Cpu, 60),
    (Resource::Core, 0),
    (Resource::Nofile, 64),
];

/// What is said of more than that.
pub(super) const MORE_MEMORY: &str = "more memory than fetching may take";
const MORE_TIME: &str = "more time than reading it may take";

/// What a process ran into that was ended by this signal.
const ENDS: &[(Signal, &str)] = &[
    (Signal::ABORT, MORE_MEMORY),
    (Signal::XCPU, MORE_TIME),
    (Signal::KILL, MORE_TIME),
    (Signal::XFSZ, "more than fetching may write"),
];

/// The limit that the signal of this number speaks of.
pub(super) fn of_signal(number: i32) -> Option<&'static str> {
    ENDS.iter().find(|(signal, _)| signal.as_raw() == number).map(|(_, more)| *more)
}

/// Beyond the soft limit of CPU time, in seconds, so that its own signal comes first.
const GRACE: u64 = 2;

/// Others come first.
const NICE: i32 = 10;

/// Holds this process to its limits. Where they were not in force when it began, it begins anew: what an allocator has
/// already been given, and mimalloc takes a gigabyte at its start, would count for nothing.
pub(super) fn hold() -> io::Result<()> {
    let mut held = true;
    for (resource, most) in LIMITS {
        held &= getrlimit(*resource).current.is_some_and(|current| current <= *most);
        lower(*resource, *most)?;
    }
    if held {
        rustix::process::nice(NICE)?;
        return Ok(rustix::thread::set_no_new_privs(true)?);
    }
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    // Comes back only where it failed.
    Err(Command::new("/proc/self/exe").arg0(name).args(arguments).exec())
}

/// No processes or threads beside those that there are; calls need one, so this is for when they have it.
pub(super) fn alone() -> io::Result<()> {
    lower(Resource::Nproc, 0)
}

fn lower(resource: Resource, most: u64) -> io::Result<()> {
    let before = getrlimit(resource);
    let least = |limit: Option<u64>, most: u64| Some(limit.map_or(most, |limit| limit.min(most)));
    let beyond = if resource == Resource::Cpu { GRACE } else { 0 };
    let limit = Rlimit { current: least(before.current, most), maximum: least(before.maximum, most + beyond) };
    Ok(setrlimit(resource, limit)?)
}
