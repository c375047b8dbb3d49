//! How long a start takes with a warm cache of compiled code, and what the server holds while nothing is asked.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::fixture::Fixture;
use crate::foreign::{Watch, judge, resident};

const STARTS: usize = 9;

pub async fn measure(fixture: &Fixture) -> Result<(), Failure> {
    let watch = Watch::start(&[]);
    let cold = start(tempfile::tempdir()?.path().join("data"))?;
    let mut warm = Vec::new();
    for _ in 0..STARTS {
        warm.push(start(fixture.data().to_owned())?);
    }
    warm.sort_by_key(|start| start.ready);
    let middle = warm[STARTS / 2];
    let foreign = watch.foreign();
    println!("\nStart to the ready line, as a process of its own; others used {foreign:.2} cores");
    println!("  cold, shipped packages compiled: {:.0} ms", cold.ready.as_secs_f64() * 1e3);
    let ready = middle.ready.as_secs_f64() * 1e3;
    println!("  aim: under 100 ms with a warm cache: {ready:.0} ms, {}", judge(ready < 100.0, foreign));
    let idle = middle.resident as f64 / 1024.0;
    println!("  aim: idle memory under 40 MiB: {idle:.1} MiB resident, {}", judge(idle < 40.0, 0.0));
    Ok(())
}

#[derive(Clone, Copy)]
struct Start {
    ready: Duration,
    /// KiB, a second later.
    resident: u64,
}

fn start(data: PathBuf) -> Result<Start, Failure> {
    let program = std::env::current_exe()?.with_file_name("vestry");
    let began = Instant::now();
    let mut child = Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("the server has no stdout")?;
    BufReader::new(stdout).read_line(&mut line)?;
    let ready = began.elapsed();
    std::thread::sleep(Duration::from_secs(1));
    let start = Start { ready, resident: resident(child.id()) };
    child.kill()?;
    child.wait()?;
    if line.starts_with("Vestry is ready at http://") { Ok(start) } else { Err("the server did not start".into()) }
}
