//! What counts against a plugin of what its jobs come to.

use vestry_storage::{Database, NewJob};

use super::*;

fn job(account: Option<&str>, schedule: Option<&str>) -> JobRow {
    let database = Database::temporary().unwrap();
    let (id, plugin, name) = ("j1", "org.example.a", "work");
    let new = NewJob { id, plugin, name, input: "{}", account, token: None, schedule, through: "" };
    database.write(|tx| tx.insert_job(&new, 1)).unwrap();
    database.read(|reader| reader.job(id)).unwrap().unwrap()
}

#[test]
fn a_job_counts_once_at_its_end_and_for_whom_it_was() {
    let trapped = CallError::Trapped { reason: String::new(), said: String::new() };
    let whom = |job: &JobRow, state| whom_it_failed(job, state, &trapped).map(str::to_owned);
    let anns = job(Some("ann"), None);
    assert_eq!(whom(&anns, Some(JobState::Failed)).as_deref(), Some("ann"));
    for state in [Some(JobState::Queued), Some(JobState::Cancelled), Some(JobState::Done), None] {
        assert_eq!(whom(&anns, state), None, "{state:?}");
    }
    assert_eq!(whom_it_failed(&anns, Some(JobState::Failed), &CallError::Busy), None, "no failure of its own");
    // Whoever reaches a plugin's jobs from outside, through a page for visitors or through what a schedule looks at, has
    // no say in what is mounted.
    assert_eq!(whom(&job(None, None), Some(JobState::Failed)), None);
    assert_eq!(whom(&job(None, Some("nightly")), Some(JobState::Failed)), None);
}
