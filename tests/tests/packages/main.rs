//! Package Management: where packages come from, what they may do, and that nothing stops while they change.

mod command_line;
mod failing;
mod git;
mod killed;
mod needs;
mod registry;
mod rights;
mod under_load;
mod upgrades;
