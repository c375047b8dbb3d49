//! Word of what happened, to whoever waits for it in this process.
//!
//! Nothing is kept and nothing is queued: who waits is woken, and looks for itself what there is. So word that comes
//! while somebody is still at work on the word before counts once, a follower that is slow holds up nobody, and ten
//! thousand who wait cost some hundred bytes each. What other processes do is not heard here; whoever must not miss it
//! also looks from time to time.

use std::collections::HashMap;
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
pub struct Events(Arc<Mutex<HashMap<Event, Vec<Arc<Notify>>>>>);

/// Somebody who waits for word of something. Dropped, it waits no longer.
#[derive(Debug)]
pub struct Subscription {
    events: Events,
    waited_for: Vec<Event>,
    woken: Arc<Notify>,
}

impl Events {
    /// Spreads word of it: wakes everybody who waits for it.
    pub fn publish(&self, event: &Event) {
        if let Some(waiting) = self.0.lock().get(event) {
            waiting.iter().for_each(|waiting| waiting.notify_one());
        }
    }

    /// Waits for word of these from now on.
    #[must_use]
    pub fn subscribe(&self, all: impl IntoIterator<Item = Event>) -> Subscription {
        let mut subscription =
            Subscription { events: self.clone(), waited_for: Vec::new(), woken: Arc::new(Notify::new()) };
        all.into_iter().for_each(|event| subscription.add(event));
        subscription
    }

    /// How many wait, all together.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.lock().values().map(Vec::len).sum()
    }
}

impl Subscription {
    /// Waits for word of one thing more.
    pub fn add(&mut self, event: Event) {
        if self.waited_for.contains(&event) {
            return;
        }
        self.events.0.lock().entry(event.clone()).or_default().push(Arc::clone(&self.woken));
        self.waited_for.push(event);
    }

    /// Waits until there was word since the last time; at once where there was some already.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut waiting = self.events.0.lock();
        for event in &self.waited_for {
            let Some(those) = waiting.get_mut(event) else { continue };
            those.retain(|other| !Arc::ptr_eq(other, &self.woken));
            if those.is_empty() {
                waiting.remove(event);
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
        let mut one = events.subscribe([topic("a")]);
        one.add(Event::Authority);
        one.add(Event::Authority);
        let two = events.subscribe([topic("a")]);
        assert_eq!(events.waiting(), 3);
        drop(one);
        assert_eq!(events.waiting(), 1);
        drop(two);
        assert_eq!((events.waiting(), events.0.lock().len()), (0, 0));
    }
}
