//! Ways through the whole of it, in a browser. They are one program, so that two of them are on their way at a time.

mod first_day;
mod languages;
mod logs;
mod packages;
mod pictures;
mod utilities;
