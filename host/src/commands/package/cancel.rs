//! `vestry package cancel`: the way past an order that stands in the way.

use clap::Args;
use vestry_catalog::switching;
use vestry_identity::Actor;
use vestry_storage::Clock;

use crate::commands::{Data, Failure, say};

#[derive(Debug, Args)]
pub(in crate::commands) struct Cancel {
    /// The job that it is, as whoever it stands in the way of is told.
    job: String,
    #[command(flatten)]
    data: Data,
}

impl Cancel {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (job, now) = (&self.job, Clock::system().now());
        self.data.database()?.write(|tx| switching::cancel(tx, &Actor::console(), job, now))?;
        say(format_args!("{job} is cancelled; what it has not changed by now stays as it is."));
        Ok(())
    }
}
