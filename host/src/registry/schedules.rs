//! What a plugin registers as schedules, held against the rules.

use std::collections::HashSet;

use vestry_contract::registration::PluginInfo;

use crate::registry::cron::Cron;
use crate::registry::names::is_name;

/// Schedules of one plugin.
const MOST: usize = 100;
/// Bytes of what a scheduled job is started with.
const LARGEST_INPUT: usize = 256 << 10;

/// Adds a sentence for each problem.
pub fn problems(info: &PluginInfo, problems: &mut Vec<String>) {
    if info.schedules.len() > MOST {
        problems.push(format!("it registers {} schedules; the most is {MOST}", info.schedules.len()));
    }
    let mut names = HashSet::new();
    for schedule in &info.schedules {
        let job = &schedule.job;
        if !is_name(job) {
            problems.push(format!("the scheduled job `{job}` is not a-z, 0-9, -, _ and . from a letter; rename it"));
        }
        if !names.insert(job) {
            problems.push(format!("two schedules start the job `{job}`; give one of them another name"));
        }
        match Cron::parse(&schedule.cron) {
            Err(reason) => {
                problems.push(format!("the times `{}` of the job `{job}` are not cron: {reason}", schedule.cron));
            }
            Ok(cron) if cron.next(0).is_none() => {
                problems.push(format!("the times `{}` of the job `{job}` never come; change them", schedule.cron));
            }
            Ok(_) => {}
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&schedule.input).is_err() {
            problems.push(format!("the input of the scheduled job `{job}` is not a JSON document"));
        }
        if schedule.input.len() > LARGEST_INPUT {
            problems.push(format!("the input of the scheduled job `{job}` has more than {LARGEST_INPUT} bytes"));
        }
    }
}
