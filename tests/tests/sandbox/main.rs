//! What plugins can do and what they cannot: everything that the contract offers them, and where it ends.

mod files;
mod hostile;
mod isolation;
mod jobs;
mod live;
mod live_browser;
mod migration;
mod outbound;
mod processes;
mod streams;
