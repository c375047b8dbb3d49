//! What is the server's own, from outside: its doors, accounts and who may do what, pages, languages, mail, secrets.

mod api;
mod command_line;
mod get_changes_nothing;
mod headers;
mod invitations;
mod languages;
mod mail;
mod origin;
mod panels;
mod secrets;
mod setup;
mod sign_in;
mod transaction;
mod users;
mod walk;
