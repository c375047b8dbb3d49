//! Ways through the whole of it, in a browser, as people go them.

mod first_day;
mod languages;
mod logs;
mod packages;
mod pictures;
mod utilities;
