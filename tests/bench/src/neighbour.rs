//! What a plugin feels of four calls of another that loop without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::Failure;
use crate::fixture::Fixture;
use crate::foreign::{Watch, judge};
use crate::load::{self, Connection, Load};
use crate::server::Running;

const ROUND: Duration = Duration::from_secs(4);
const LOOPS: usize = 4;

pub async fn measure(fixture: &Fixture) -> Result<(), Failure> {
    let server = Running::start(fixture.data())?;
    load::ask(server.address, "/quiet", &fixture.cookie, 2, Duration::from_millis(300)).await?;
    let watch = Watch::start(&[server.process()]);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let mut ended = 0;
    for _ in 0..3 {
        alone.push(ask(&server, fixture).await?);
        let looping = Looping::start(&server, fixture);
        // The first of them are in the slow lane by then.
        tokio::time::sleep(Duration::from_millis(100)).await;
        beside.push(ask(&server, fixture).await?);
        ended += looping.stop().await;
    }
    let foreign = watch.foreign();
    println!(
        "\nA neighbour's page while {LOOPS} calls loop ({ended} of them were ended meanwhile); others used {foreign:.2} cores"
    );
    let (alone, beside) = (middle(&alone), middle(&beside));
    println!(
        "  p50 / p99 undisturbed: {:.2} / {:.2} ms; beside the loops: {:.2} / {:.2} ms",
        alone.0, alone.1, beside.0, beside.1
    );
    let times = beside.1 / alone.1;
    println!("  aim: p99 within 2x of undisturbed: {times:.2}x, {}", judge(times <= 2.0, foreign));
    Ok(())
}

/// One connection, as a person's browser would: what is asked for is latency, not throughput.
async fn ask(server: &Running, fixture: &Fixture) -> Result<Load, Failure> {
    load::ask(server.address, "/quiet", &fixture.cookie, 1, ROUND).await
}

/// Medians of p50 and p99, in milliseconds.
fn middle(rounds: &[Load]) -> (f64, f64) {
    let of = |part: f64| {
        let mut values: Vec<f64> = rounds.iter().map(|load| load.percentile(part).as_secs_f64() * 1e3).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (of(0.5), of(0.99))
}

/// Calls that loop, again and again as they are ended.
struct Looping {
    stop: Arc<AtomicBool>,
    ended: Arc<AtomicU64>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Looping {
    fn start(server: &Running, fixture: &Fixture) -> Self {
        let (stop, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let request =
            format!("GET /hostile/loop HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", server.address, fixture.cookie);
        let tasks = (0..LOOPS)
            .map(|_| {
                let (stop, ended, request, address) =
                    (Arc::clone(&stop), Arc::clone(&ended), request.clone(), server.address);
                tokio::spawn(async move {
                    let Ok(mut connection) = Connection::open(address).await else { return };
                    while !stop.load(Ordering::Relaxed)
                        && connection.answer(request.as_bytes()).await.is_ok_and(|status| status == 504)
                    {
                        ended.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        Self { stop, ended, tasks }
    }

    async fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            let _ = task.await;
        }
        self.ended.load(Ordering::Relaxed)
    }
}
