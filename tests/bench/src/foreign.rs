//! What the rest of the machine was doing meanwhile.

use std::fs;
use std::io;
use std::time::Instant;

/// Clock ticks in a second (`USER_HZ`), which Linux fixes for what it tells programs.
const TICKS: f64 = 100.0;
/// Above this many cores, a measurement is not judged.
const TOO_MUCH: f64 = 0.2;

/// CPU seconds of a process and its ended children so far.
pub fn cpu_of(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name stands in brackets and may hold anything; the numbers come after.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: f64 = [11, 12, 13, 14].iter().filter_map(|index| fields.get(*index)?.parse::<f64>().ok()).sum();
    ticks / TICKS
}

/// Resident memory of a process in KiB.
pub fn resident(process: u32) -> u64 {
    status(process, "VmRSS:")
}

/// The most that it was, since the start or since [`forget_most_resident`].
pub fn most_resident(process: u32) -> u64 {
    status(process, "VmHWM:")
}

pub fn forget_most_resident(process: u32) -> io::Result<()> {
    fs::write(format!("/proc/{process}/clear_refs"), "5")
}

fn status(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// CPU seconds that all cores were busy with so far, and that somebody else's machine took.
fn busy() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let all = stat.lines().next().unwrap_or("");
    let fields: Vec<f64> = all.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, irq, softirq, steal: all but idle and waiting for the disk.
    [0, 1, 2, 5, 6, 7].iter().filter_map(|index| fields.get(*index)).sum::<f64>() / TICKS
}

/// Watches the machine from now on.
pub struct Watch {
    began: Instant,
    busy: f64,
    ours: f64,
    processes: Vec<u32>,
}

impl Watch {
    /// `processes`: those that are measured, beside this one.
    pub fn start(processes: &[u32]) -> Self {
        let processes: Vec<u32> = processes.iter().copied().chain([std::process::id()]).collect();
        let ours = processes.iter().map(|process| cpu_of(*process)).sum();
        Self { began: Instant::now(), busy: busy(), ours, processes }
    }

    /// How many cores others used since.
    pub fn foreign(&self) -> f64 {
        let ours: f64 = self.processes.iter().map(|process| cpu_of(*process)).sum::<f64>() - self.ours;
        ((busy() - self.busy - ours) / self.began.elapsed().as_secs_f64()).max(0.0)
    }
}

/// The verdict on an aim, or that there is none.
pub fn judge(holds: bool, foreign: f64) -> &'static str {
    match (foreign > TOO_MUCH, holds) {
        (true, _) => "not judged: others used over 0.2 of a core",
        (false, true) => "reached",
        (false, false) => "MISSED",
    }
}
