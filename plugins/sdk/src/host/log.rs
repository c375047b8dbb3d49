//! The server's log, with the plugin's name on each line.

pub use crate::bindings::vestry::plugin::log::write;
use crate::ui::Level;

/// Detail that servers usually do not keep.
pub fn debug(message: &str) {
    write(Level::Neutral, message, &[]);
}

/// Something worth knowing.
pub fn info(message: &str) {
    write(Level::Primary, message, &[]);
}

/// Something that someone should look at.
pub fn warn(message: &str) {
    write(Level::Warning, message, &[]);
}

/// Something that went wrong.
pub fn error(message: &str) {
    write(Level::Danger, message, &[]);
}
