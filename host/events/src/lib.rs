//! Word of what happened, to whoever waits for it in this process.
//!
//! Nothing is kept and nothing is queued: who waits is woken, and looks for itself what there is. So word that comes
//! while somebody is still at work on the word before counts once, a follower that is slow holds up nobody, and ten
//! thousand who wait cost some hundred bytes each. What other processes do is not heard here; whoever must not miss it
//! also looks from time to time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What there can be word of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Event {
    /// A topic of one plugin, by id and name.
    Topic(String, String),
    /// A job, by id: its state, progress or message changed.
    Job(String),
    /// Who may do what, or what is mounted, changed.
    Authority,
    /// A job or a mail waits to be taken up.
    Work,
}

/// Where word is spread. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Events(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// Who waits for what, each by the number of their subscription: to leave costs the same whoever else waits.
    of_each: HashMap<Event, HashMap<u64, Arc<Notify>>>,
    subscriptions: u64,
}

/// Somebody who waits for word of something, and for nothing else as long as it lives: whoever is to hear of other
/// things subscribes anew. Dropped, it waits no longer.
#[derive(Debug)]
pub struct Subscription {
    events: Events,
    number: u64,
    waited_for: HashSet<Event>,
    woken: Arc<Notify>,
}

impl Events {
    /// Spreads word of it: wakes everybody who waits for it.
    pub fn publish(&self, event: &Event) {
        if let Some(waiting) = self.0.lock().of_each.get(event) {
            waiting.values().for_each(|waiting| waiting.notify_one());
        }
    }

    /// Waits for word of these from now on; of what is named twice, once.
    #[must_use]
    pub fn subscribe(&self, all: impl IntoIterator<Item = Event>) -> Subscription {
        let (waited_for, woken): (HashSet<Event>, _) = (all.into_iter().collect(), Arc::new(Notify::new()));
        let mut waiting = self.0.lock();
        waiting.subscriptions += 1;
        let number = waiting.subscriptions;
        for event in &waited_for {
            waiting.of_each.entry(event.clone()).or_default().insert(number, Arc::clone(&woken));
        }
        drop(waiting);
        Subscription { events: self.clone(), number, waited_for, woken }
    }

    /// How many wait, all together.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.lock().of_each.values().map(HashMap::len).sum()
    }
}

impl Subscription {
    /// Waits until there was word since the last time; at once where there was some already.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut waiting = self.events.0.lock();
        for event in &self.waited_for {
            let Some(those) = waiting.of_each.get_mut(event) else { continue };
            those.remove(&self.number);
            if those.is_empty() {
                waiting.of_each.remove(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn topic(name: &str) -> Event {
        Event::Topic("org.example".into(), name.into())
    }

    async fn is_woken(subscription: &Subscription) -> bool {
        tokio::time::timeout(Duration::from_millis(20), subscription.woken()).await.is_ok()
    }

    #[tokio::test]
    async fn word_reaches_those_who_wait_for_it_and_counts_once_while_they_are_busy() {
        let events = Events::default();
        let (one, two) = (events.subscribe([topic("a"), topic("b")]), events.subscribe([topic("b")]));
        events.publish(&topic("a"));
        events.publish(&topic("a"));
        events.publish(&topic("c"));
        assert!(is_woken(&one).await);
        assert!(!is_woken(&one).await);
        assert!(!is_woken(&two).await);
        events.publish(&topic("b"));
        assert!(is_woken(&one).await && is_woken(&two).await);
    }

    #[test]
    fn who_is_gone_leaves_nothing() {
        let events = Events::default();
        let one = events.subscribe([topic("a"), Event::Authority, Event::Authority]);
        let two = events.subscribe([topic("a")]);
        assert_eq!(events.waiting(), 3);
        drop(one);
        assert_eq!(events.waiting(), 1);
        drop(two);
        assert_eq!((events.waiting(), events.0.lock().of_each.len()), (0, 0));
    }

    #[tokio::test]
    async fn who_subscribes_anew_waits_for_nothing_of_before() {
        let events = Events::default();
        let mut shown = events.subscribe([Event::Job("0".into())]);
        for number in 1..=10_000 {
            shown = events.subscribe([Event::Job(number.to_string())]);
        }
        assert_eq!((events.waiting(), events.0.lock().of_each.len()), (1, 1));
        events.publish(&Event::Job("9999".into()));
        assert!(!is_woken(&shown).await);
        events.publish(&Event::Job("10000".into()));
        assert!(is_woken(&shown).await);
    }
}
