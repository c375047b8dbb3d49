//! `vestry serve`.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use vestry_logbook::Logbook;

use crate::commands::{Data, Failure, runtime, say};
use crate::ground;
use crate::server::{self, Opening};
use crate::settings::Settings;
use crate::{logging, web::app::App};

/// Start the server, and print where it is once it accepts requests.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    data: Data,
    /// Address and port to listen on, in place of the setting `listen`.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let settings = self.data.settings()?;
        let book = open_log(&self.data.directory, &settings);
        logging::start(&settings.log, book.as_ref());
        allow_connections();
        let address = self.listen.unwrap_or(settings.listen);
        let opening = Opening {
            data: self.data.directory.clone(),
            settings,
            compiler: server::compiler(),
            fetcher: server::fetcher(),
        };
        let runtime = runtime()?;
        let served = runtime.block_on(async {
            let app = server::open(opening).await?;
            let announcing = app.clone();
            server::serve(app, address, move |bound| announce(&announcing, bound)).await?;
            Ok(())
        });
        // Requests and jobs have had their time. What still waits for a disk or a name server holds up nobody's restart.
        runtime.shutdown_timeout(LEFT_BEHIND);
        drop(book);
        served
    }
}

/// The log as files. A server without is better than none, and says so on stderr.
fn open_log(data: &Path, settings: &Settings) -> Option<Logbook> {
    // The data directory first: it is for nobody else to read.
    ground::prepare(data).ok()?;
    logging::open(data, &settings.logs).inspect_err(|error| eprintln!("No logs are kept: {error}")).ok()
}

/// How long threads that wait for something may go on when everything else has ended.
const LEFT_BEHIND: Duration = Duration::from_secs(2);
/// Connections that can be open at a time, each with a file descriptor: a page that is followed holds one for hours.
const CONNECTIONS: u64 = 65_536;

/// Raises the process's limit of open files as far as the system lets it. The usual soft limit of 1,024 is for programs
/// that use `select`.
fn allow_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(CONNECTIONS, |most| most.min(CONNECTIONS));
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
        if let Err(error) = raised {
            tracing::warn!(%error, "the limit of open files stays low; connections beyond it are refused");
        }
    }
}

/// One line that says where the server is; a second one with the set-up link where there is no account yet.
fn announce(app: &App, bound: SocketAddr) {
    let public = app.settings().public_url.as_ref().map(|url| url.origin().ascii_serialization());
    let origin = public.unwrap_or_else(|| format!("http://{bound}"));
    say(format_args!("Vestry is ready at http://{bound}"));
    match app.identity().setup_link() {
        Ok(Some(link)) => {
            say(format_args!("Make the first administrator at {origin}/setup/{} (valid for 1 hour)", link.expose()));
        }
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "the set-up link could not be made"),
    }
}
