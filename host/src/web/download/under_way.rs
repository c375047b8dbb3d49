//! How many downloads are under way, and how many more may be.
//!
//! Each keeps a connection, a piece and perhaps a file for as long as its browser likes to read.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::web::client::Client;

/// Downloads of one account, or of one network of visitors, at a time.
pub const MOST_OF_ONE: usize = 64;

/// All downloads of this process.
#[derive(Debug, Default)]
pub struct Downloads(Arc<Mutex<HashMap<Client, usize>>>);

/// One download; dropped, there is room for another.
#[derive(Debug)]
pub struct UnderWay {
    counts: Arc<Mutex<HashMap<Client, usize>>>,
    client: Client,
}

impl Downloads {
    /// Counts one more; none where the client has as many as it may have.
    #[must_use]
    pub fn begin(&self, client: Client) -> Option<UnderWay> {
        let mut counts = self.0.lock();
        let count = counts.entry(client.clone()).or_default();
        if *count >= MOST_OF_ONE {
            return None;
        }
        *count += 1;
        Some(UnderWay { counts: Arc::clone(&self.0), client })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut counts = self.counts.lock();
        let left = counts.get_mut(&self.client).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            counts.remove(&self.client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_so_many_and_gives_them_back() {
        let downloads = Downloads::default();
        let client = |number: u8| Client::visitor([192, 0, 2, number].into());
        let mut all: Vec<UnderWay> = (0..MOST_OF_ONE).map(|_| downloads.begin(client(1)).unwrap()).collect();
        assert!(downloads.begin(client(1)).is_none());
        let other = downloads.begin(client(2)).unwrap();
        all.pop();
        all.push(downloads.begin(client(1)).unwrap());
        drop((all, other));
        assert!(downloads.0.lock().is_empty());
    }
}
