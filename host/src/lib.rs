//! Vestry: a small server that owns sign-in, privileges, the menu and the frame of the pages; every feature is a
//! sandboxed component that registers its routes and menu entries.
//!
//! The rooms of the program that are not crates of their own: [`web`] is HTTP in and out, [`worker`] carries out jobs,
//! [`postman`] delivers mails, [`installer`] carries out what stands in the database about packages, [`registry`] is what
//! is mounted where, [`languages`] is what is said in each language, [`ground`] is an open data directory, [`commands`] are the command line's. What they stand on are the
//! crates `vestry-screen`, `vestry-sandbox`, `vestry-capabilities`, `vestry-identity`, `vestry-outbound`, `vestry-mail`,
//! `vestry-vault`, `vestry-events`, `vestry-storage` and `vestry-contract`. `docs/architecture.md` shows the ways through
//! all of them.

pub mod commands;
pub mod ground;
pub mod installer;
pub mod keys;
pub mod languages;
pub mod logging;
pub mod postman;
pub mod registry;
pub mod server;
pub mod settings;
pub mod start_error;
pub mod web;
pub mod worker;
