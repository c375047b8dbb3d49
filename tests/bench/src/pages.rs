//! A page of 50 accounts out of 10,000: as a plugin's, made natively, and beside them plain text and a smallest plugin.

use std::time::Duration;

use crate::Failure;
use crate::fixture::Fixture;
use crate::foreign::{Watch, cpu_of, judge};
use crate::load;
use crate::server::Running;

const ROUND: Duration = Duration::from_millis(1_500);
const ROUNDS: usize = 3;

const PAGES: &[(&str, &str)] = &[
    ("(a) 50 accounts, the plugin's page", "/users"),
    ("(b) 50 accounts, made natively", "/host/accounts"),
    ("(c) plain text", "/host/plain"),
    ("(d) hello, a plugin's smallest page", "/quiet"),
];

#[derive(Clone, Copy, Default)]
struct Figure {
    per_second: f64,
    cpu_us: f64,
    p50_us: f64,
    p99_us: f64,
}

/// Measures, prints, and holds against the aims.
pub async fn measure(fixture: &Fixture) -> Result<(), Failure> {
    let server = Running::start(fixture.data())?;
    for (_, path) in PAGES {
        load::ask(server.address, path, &fixture.cookie, 4, Duration::from_millis(300)).await?;
    }
    println!("Pages over HTTP, session and permission checked");
    let mut aims = Vec::new();
    for connections in [1, 16] {
        let watch = Watch::start(&[server.process()]);
        let mut rounds = vec![Vec::new(); PAGES.len()];
        for _ in 0..ROUNDS {
            for (index, (_, path)) in PAGES.iter().enumerate() {
                rounds[index].push(figure(&server, path, fixture, connections).await?);
            }
        }
        let foreign = watch.foreign();
        let figures: Vec<Figure> = rounds.into_iter().map(median).collect();
        println!("\n  {connections} connection(s); others used {foreign:.2} cores");
        println!("  {:<38} {:>10} {:>12} {:>9} {:>9} {:>9}", "", "req/s", "CPU us/req", "p50 us", "p99 us", "of (b)");
        for ((name, _), figure) in PAGES.iter().zip(&figures) {
            let part = figure.per_second / figures[1].per_second;
            let Figure { per_second, cpu_us, p50_us, p99_us } = figure;
            println!("  {name:<38} {per_second:>10.0} {cpu_us:>12.1} {p50_us:>9.0} {p99_us:>9.0} {part:>9.2}");
        }
        aims.push((connections, foreign, figures));
    }
    println!();
    for (connections, foreign, figures) in aims {
        let part = figures[0].per_second / figures[1].per_second;
        println!("  aim: (a) at least 0.8 of (b) at {connections}: {part:.2}, {}", judge(part >= 0.8, foreign));
        if connections > 1 {
            let hello = figures[3].cpu_us;
            println!("  aim: hello under 40 us of CPU at {connections}: {hello:.1}, {}", judge(hello < 40.0, foreign));
        }
    }
    Ok(())
}

async fn figure(server: &Running, path: &str, fixture: &Fixture, connections: usize) -> Result<Figure, Failure> {
    let before = cpu_of(server.process());
    let load = load::ask(server.address, path, &fixture.cookie, connections, ROUND).await?;
    let cpu = cpu_of(server.process()) - before;
    Ok(Figure {
        per_second: load.per_second(),
        cpu_us: cpu * 1e6 / load.latencies.len() as f64,
        p50_us: load.percentile(0.5).as_secs_f64() * 1e6,
        p99_us: load.percentile(0.99).as_secs_f64() * 1e6,
    })
}

/// Of each value by itself.
fn median(rounds: Vec<Figure>) -> Figure {
    let of = |value: fn(&Figure) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Figure {
        per_second: of(|it| it.per_second),
        cpu_us: of(|it| it.cpu_us),
        p50_us: of(|it| it.p50_us),
        p99_us: of(|it| it.p99_us),
    }
}
