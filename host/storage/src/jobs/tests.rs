use super::{JobFilter, JobState, Lease, NewJob};
use crate::Database;

fn queue(database: &Database, id: &str, plugin: &str, now: u64) {
    let job =
        NewJob { id, plugin, name: "work", input: "{}", account: Some("a"), token: None, schedule: None, through: "" };
    database.write(|tx| tx.insert_job(&job, now)).unwrap();
}

fn take(database: &Database, id: &str, number: u64, worker: &str) -> Option<Lease> {
    let lease = Lease { job: id.into(), number };
    database.write(|tx| tx.take_job(&lease, worker, 10, 20)).unwrap().then_some(lease)
}

fn state(database: &Database, id: &str) -> (JobState, u32, u32) {
    let job = database.read(|reader| reader.job(id)).unwrap().unwrap();
    (job.state, job.attempt, job.failures)
}

#[test]
fn a_job_is_taken_once_and_a_lease_that_is_lost_changes_nothing() {
    let database = Database::temporary().unwrap();
    queue(&database, "one", "org.example", 1);
    let first = take(&database, "one", 7, "w1").unwrap();
    assert_eq!(take(&database, "one", 8, "w2"), None);
    assert!(database.write(|tx| tx.holds_lease(&first)).unwrap());
    assert_eq!(database.write(|tx| tx.release_jobs("w1", 15)).unwrap(), [("one".to_owned(), JobState::Queued)]);
    let second = take(&database, "one", 9, "w2").unwrap();
    assert!(!database.write(|tx| tx.holds_lease(&first)).unwrap());
    assert!(!database.write(|tx| tx.job_progress(&first, 50, "late")).unwrap());
    assert!(!database.write(|tx| tx.end_job(&first, JobState::Done, Some("1"), None, 11)).unwrap());
    assert!(database.read(|reader| reader.is_unwanted(&first)).unwrap());
    assert!(!database.read(|reader| reader.is_unwanted(&second)).unwrap());
    assert!(database.write(|tx| tx.end_job(&second, JobState::Done, Some("2"), None, 11)).unwrap());
    assert!(!database.write(|tx| tx.end_job(&second, JobState::Failed, None, Some("x"), 12)).unwrap());
    assert_eq!(state(&database, "one"), (JobState::Done, 2, 0));
}

#[test]
fn those_that_wait_longest_go_first() {
    let database = Database::temporary().unwrap();
    for (id, plugin, now) in [("c", "org.a", 3), ("a", "org.a", 1), ("b", "org.b", 2)] {
        queue(&database, id, plugin, now);
    }
    let due = |plugin: &str, now| database.read(|reader| reader.due_job(plugin, now)).unwrap().map(|job| job.id);
    assert_eq!(database.read(|reader| reader.plugins_with_jobs()).unwrap(), ["org.a", "org.b"]);
    assert_eq!((due("org.a", 0), due("org.a", 2), due("org.b", 2)), (None, Some("a".into()), Some("b".into())));
    let lease = take(&database, "a", 1, "w").unwrap();
    assert_eq!(database.write(|tx| tx.retry_later(&lease, "\"later\"", 100, 15)).unwrap(), Some(JobState::Queued));
    assert_eq!(due("org.a", 99), Some("c".into()));
    let lease = take(&database, "c", 2, "w").unwrap();
    assert_eq!((due("org.a", 99), due("org.a", 100)), (None, Some("a".into())));
    assert_eq!(database.write(|tx| tx.give_back(&lease, 50)).unwrap(), Some(JobState::Queued));
    assert_eq!(state(&database, "c"), (JobState::Queued, 0, 0), "it was not begun");
    assert_eq!(due("org.a", 100), Some("c".into()));
    assert_eq!(state(&database, "a"), (JobState::Queued, 1, 1));
}

#[test]
fn one_that_waits_is_cancelled_at_once_and_one_that_runs_is_told() {
    let database = Database::temporary().unwrap();
    queue(&database, "waits", "org.a", 1);
    queue(&database, "runs", "org.a", 1);
    let lease = take(&database, "runs", 1, "w").unwrap();
    let cancel = |id: &str| database.write(|tx| tx.cancel_job(id, 5)).unwrap();
    assert_eq!(cancel("waits"), Some(JobState::Queued));
    assert_eq!(cancel("runs"), Some(JobState::Running));
    assert_eq!(cancel("none"), None);
    assert_eq!(state(&database, "waits").0, JobState::Cancelled);
    assert!(database.read(|reader| reader.is_unwanted(&lease)).unwrap());
    assert!(database.write(|tx| tx.end_job(&lease, JobState::Cancelled, None, None, 6)).unwrap());
    queue(&database, "fails", "org.b", 1);
    queue(&database, "lost", "org.b", 1);
    for (id, number) in [("fails", 11), ("lost", 12)] {
        let lease = take(&database, id, number, "w").unwrap();
        assert_eq!(cancel(id), Some(JobState::Running));
        // Its worker did not see that in time: it never waits again, where nobody would ever take it.
        match id {
            "fails" => {
                let then = database.write(|tx| tx.retry_later(&lease, "\"later\"", 100, 8)).unwrap();
                assert_eq!(then, Some(JobState::Cancelled));
            }
            _ => {
                let then = database.write(|tx| tx.release_jobs("w", 8)).unwrap();
                assert_eq!(then, [("lost".to_owned(), JobState::Cancelled)]);
            }
        }
        assert_eq!(state(&database, id).0, JobState::Cancelled);
    }
    assert!(database.read(|reader| reader.plugins_with_jobs()).unwrap().is_empty());
    assert_eq!(take(&database, "waits", 3, "w"), None);
    assert!(database.write(|tx| tx.queue_again("waits", 7)).unwrap());
    assert!(take(&database, "waits", 4, "w").is_some());
}

#[test]
fn lists_go_on_where_they_ended_and_lines_keep_the_latest() {
    let database = Database::temporary().unwrap();
    for number in 0..5 {
        queue(&database, &format!("job{number}"), "org.a", 1 + number / 2);
    }
    let page = |behind: Option<&(u64, String)>| {
        let behind = behind.map(|(queued, id)| (*queued, id.as_str()));
        let filter = JobFilter { behind, limit: 2, ..JobFilter::default() };
        let jobs = database.read(|reader| reader.jobs(&filter)).unwrap();
        jobs.into_iter().map(|job| (job.queued, job.id)).collect::<Vec<_>>()
    };
    let mut seen = page(None);
    loop {
        let more = page(seen.last());
        if more.is_empty() {
            break;
        }
        seen.extend(more);
    }
    let ids: Vec<&str> = seen.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids, ["job4", "job3", "job2", "job1", "job0"]);
    assert_eq!(database.read(|reader| reader.count_jobs(Some("org.a"), Some(JobState::Queued))).unwrap(), 5);
    database
        .write(|tx| (0..1_010).try_for_each(|number| tx.add_job_line("job1", number, "primary", &number.to_string())))
        .unwrap();
    let lines = database.read(|reader| reader.job_lines("job1", 0, 5_000)).unwrap();
    assert_eq!((lines.len(), lines[0].text.as_str(), lines[999].number), (1_000, "10", 1_010));
}

#[test]
fn what_ended_long_ago_is_removed_with_its_lines() {
    let database = Database::temporary().unwrap();
    queue(&database, "old", "org.a", 1);
    queue(&database, "new", "org.a", 1);
    database.write(|tx| tx.add_job_line("old", 1, "primary", "x")).unwrap();
    database.write(|tx| tx.cancel_job("old", 5)).unwrap();
    assert_eq!(database.write(|tx| tx.purge_jobs(6, 100, 10)).unwrap(), 1);
    assert!(database.read(|reader| reader.job_lines("old", 0, 10)).unwrap().is_empty());
    assert_eq!(state(&database, "new").0, JobState::Queued);
}

#[test]
fn of_each_plugin_the_latest_that_ended_are_kept() {
    let database = Database::temporary().unwrap();
    for number in 0..6 {
        let plugin = if number == 5 { "org.b" } else { "org.a" };
        queue(&database, &format!("job{number}"), plugin, 1);
        database.write(|tx| tx.cancel_job(&format!("job{number}"), 10 + number)).unwrap();
    }
    assert_eq!(database.write(|tx| tx.purge_jobs(0, 2, 2)).unwrap(), 2, "a few at a time");
    assert_eq!(database.write(|tx| tx.purge_jobs(0, 2, 2)).unwrap(), 1);
    assert_eq!(database.write(|tx| tx.purge_jobs(0, 2, 2)).unwrap(), 0);
    let left = database.read(|reader| reader.jobs(&JobFilter { limit: 10, ..JobFilter::default() })).unwrap();
    let mut left: Vec<String> = left.into_iter().map(|job| job.id).collect();
    left.sort();
    assert_eq!(left, ["job3", "job4", "job5"]);
}
