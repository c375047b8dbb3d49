//! Passwords and keys for other programs, by the names that the plugin wishes for. One that is bound to an origin is
//! filled in by the host: see [`Call::secret`](crate::http::Call::secret).

pub use crate::bindings::vestry::plugin::secrets::reveal;
