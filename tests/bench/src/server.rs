//! The server that is measured: Vestry with two more pages, as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use vestry::server::{self, Opening};
use vestry::settings::Settings;
use vestry::web;

use crate::{Failure, native};

/// What the child does: `serve DATA`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let data = arguments.first().ok_or("serve takes a data directory")?;
    let mut settings = Settings::default();
    // One of the plugins that are measured fails again and again, and has to go on.
    settings.packages.quarantine.failures = 0;
    let opening = Opening { data: data.into(), settings, compiler: server::compiler(), fetcher: server::fetcher() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = server::open(opening).await?;
        let router = web::router_with(app.clone(), native::pages());
        let announce = |address| println!("{address}");
        server::serve_router(app, router, SocketAddr::from(([127, 0, 0, 1], 0)), announce).await?;
        Ok(())
    })
}

/// A running server; it ends with this.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
}

impl Running {
    pub fn start(data: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?).arg("serve").arg(data).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("the server has no stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().map_err(|_| "the server did not start")?;
        Ok(Self { child, address })
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
