//! How many pages are followed, and how many more may be.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// Pages of one account or visitor at a time: whoever signs in again and again, or makes tokens, has no more for it.
const MOST_OF_ONE: usize = 50;
/// Pages of everybody at a time.
const MOST: usize = 10_000;
/// Of these, what visitors may have: the world cannot lock out the house.
const MOST_OF_VISITORS: usize = MOST / 2;

/// Who follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whose {
    /// By its id, whichever session or token it comes with.
    Account(String),
    /// As the plugin knows them.
    Visitor(String),
}

/// Why nobody more can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// This one follows so many already.
    Own(usize),
    All,
}

/// All who follow pages of this process.
#[derive(Debug, Default)]
pub struct Followers {
    counts: Arc<Mutex<Counts>>,
    stopping: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    of_each: HashMap<Whose, usize>,
    all: usize,
    visitors: usize,
}

/// One who follows; dropped, the place is free.
#[derive(Debug)]
pub struct Seat {
    counts: Arc<Mutex<Counts>>,
    whose: Whose,
}

impl Followers {
    /// A place for one page more.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn take(&self, whose: Whose) -> Result<Seat, Full> {
        let mut counts = self.counts.lock();
        if counts.of_each.get(&whose).is_some_and(|count| *count >= MOST_OF_ONE) {
            return Err(Full::Own(MOST_OF_ONE));
        }
        let visitor = matches!(whose, Whose::Visitor(_));
        if counts.all >= MOST || (visitor && counts.visitors >= MOST_OF_VISITORS) {
            return Err(Full::All);
        }
        *counts.of_each.entry(whose.clone()).or_default() += 1;
        counts.all += 1;
        counts.visitors += usize::from(visitor);
        Ok(Seat { counts: Arc::clone(&self.counts), whose })
    }

    /// How many pages are followed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.counts.lock().all
    }

    /// Lets nobody go on: the server stops. Who waits has to be woken.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    #[must_use]
    pub fn are_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.counts.lock();
        counts.all -= 1;
        counts.visitors -= usize::from(matches!(self.whose, Whose::Visitor(_)));
        let left = counts.of_each.get_mut(&self.whose).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            counts.of_each.remove(&self.whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_has_its_share_and_gives_it_back() {
        let followers = Followers::default();
        let account = |id: &str| Whose::Account(id.to_owned());
        let mut seats: Vec<Seat> = (0..MOST_OF_ONE).map(|_| followers.take(account("ada")).unwrap()).collect();
        assert_eq!(followers.take(account("ada")).unwrap_err(), Full::Own(MOST_OF_ONE));
        let other = followers.take(account("eve")).unwrap();
        seats.pop();
        seats.push(followers.take(account("ada")).unwrap());
        drop((seats, other));
        assert_eq!((followers.count(), followers.counts.lock().of_each.len()), (0, 0));
    }

    #[test]
    fn visitors_leave_room_for_the_house() {
        let followers = Followers::default();
        let visitor = |number: usize| Whose::Visitor(number.to_string());
        let seats: Vec<Seat> = (0..MOST_OF_VISITORS).map(|number| followers.take(visitor(number)).unwrap()).collect();
        assert_eq!(followers.take(visitor(MOST)).unwrap_err(), Full::All);
        assert!(followers.take(Whose::Account("ada".into())).is_ok());
        drop(seats);
        assert!(followers.take(visitor(MOST)).is_ok());
    }
}
