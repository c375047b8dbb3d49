//! Word to the plugin's own pages that are open, and follow a topic: see [`live`](crate::live).

use crate::bindings::vestry::plugin::events;

/// Something happened that pages with this topic show. It takes effect when the request does; in a job, at once. At most
/// 64 topics a request, each of 1 to 128 bytes.
pub fn publish(topic: impl AsRef<str>) {
    events::publish(topic.as_ref());
}
