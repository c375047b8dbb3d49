//! The cycle of a fresh instance - make, call, drop - on one thread and on two at once.
//!
//! Every setting of the engine that is lost shows here: a host that maps memory for each call gets slower by a core.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestry_capabilities::{Call, Subject};
use vestry_contract::exchange::Request;
use vestry_sandbox::{Callee, Compiler, Limits, Loaded, Permits, Sandbox, SandboxSettings, Usage};

use crate::Failure;
use crate::fixture::built;
use crate::foreign::{Watch, judge};

const CALLS: u32 = 20_000;
const ROUNDS: usize = 5;

pub fn measure() -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let (sandbox, loaded) = load(directory.path())?;
    let sandbox = Arc::new(sandbox);
    run(&sandbox, &loaded)?;
    let watch = Watch::start(&[]);
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(run(&sandbox, &loaded)?);
        let other = {
            let (sandbox, loaded) = (Arc::clone(&sandbox), loaded.clone());
            std::thread::spawn(move || run(&sandbox, &loaded))
        };
        let here = run(&sandbox, &loaded)?;
        let there = other.join().map_err(|_| "a thread broke off")??;
        two.push((here + there) / 2);
    }
    let foreign = watch.foreign();
    one.sort_unstable();
    two.sort_unstable();
    let (one, two) = (one[ROUNDS / 2], two[ROUNDS / 2]);
    let ratio = two.as_secs_f64() / one.as_secs_f64();
    println!("\nCycle of a fresh instance with a hello page; {:?}; others used {foreign:.2} cores", sandbox.report());
    println!("  one thread {:.1} us, two at once {:.1} us each", one.as_secs_f64() * 1e6, two.as_secs_f64() * 1e6);
    println!("  aim: two at once within 1.25 of one: {ratio:.2}, {}", judge(ratio <= 1.25, foreign));
    Ok(())
}

fn load(directory: &Path) -> Result<(Sandbox, Loaded), Failure> {
    let file = built("quiet");
    let digest = vestry_catalog::Digest::of(&std::fs::read(&file)?);
    let settings =
        SandboxSettings { compiled: directory.join("compiled"), key: [1; 32], compiler: Compiler::InProcess };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sandbox = Sandbox::new(settings)?;
    let loaded = runtime.block_on(sandbox.load(digest.as_str(), &file))?;
    Ok((sandbox, loaded))
}

/// Time of one cycle, over many, on this thread alone.
fn run(sandbox: &Sandbox, loaded: &Loaded) -> Result<Duration, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let limits = Limits::default();
    let (permits, usage) = (Permits::new(&limits), Usage::default());
    let subject = Arc::new(Subject {
        id: "org.example.quiet".into(),
        version: "0.1.0".into(),
        title: "Quiet".into(),
        digest: loaded.digest().into(),
        settings: "{}".into(),
        space: String::new(),
        messages: Vec::new(),
    });
    let callee = Callee { loaded, limits: &limits, permits: &permits, usage: &usage };
    let began = Instant::now();
    runtime.block_on(async {
        for _ in 0..CALLS {
            let call = Call::closed(Arc::clone(&subject));
            let outcome = sandbox.handle(callee, call, request()).await?;
            if let Err(failure) = outcome.answer {
                return Err::<_, Failure>(format!("the page was refused: {failure:?}").into());
            }
        }
        Ok(())
    })?;
    Ok(began.elapsed() / CALLS)
}

fn request() -> Request {
    Request {
        id: "bench".into(),
        route: "home".into(),
        params: Vec::new(),
        query: Vec::new(),
        form: Vec::new(),
        content_type: String::new(),
        body: Vec::new(),
        uploads: Vec::new(),
        actor: None,
        visitor: String::new(),
        language: "en".into(),
        time_zone: "UTC".into(),
        extra: Vec::new(),
    }
}
