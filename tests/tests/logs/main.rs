//! Logs: what is written down, and how it is followed, searched and shown, however it looks.

mod following;
mod hostile;
mod kept;
mod live;
mod looking;
mod many;
mod odd;
