//! Jobs that are started at set times.
//!
//! Each schedule has a row with its next time. A time that passed while nobody was there is made up for once: the row
//! is due, one job is queued, and the row moves on to the next time after now. While a job of the schedule waits or runs
//! the row stays due, so the time is not lost either.

use std::collections::HashSet;
use std::sync::Arc;

use vestry_events::Event;
use vestry_storage::{NewJob, ScheduleRow, StorageError};

use crate::registry::cron::Cron;
use crate::registry::plugin::{Plugin, State};
use crate::worker::Parts;

/// Brings the rows in line with what is mounted, and queues what is due.
pub(super) fn start_due(parts: &Parts, now: u64) -> Result<(), StorageError> {
    let snapshot = parts.registry.snapshot();
    let plugins: Vec<&Arc<Plugin>> = snapshot.plugins().filter(|plugin| !plugin.info.schedules.is_empty()).collect();
    let rows = parts.services.database.read(|reader| reader.schedules())?;
    for gone in rows.iter().filter(|row| !is_registered(&plugins, row)) {
        // A plugin that cannot run keeps its times: they are made up for when it can again.
        if snapshot.by_id(&gone.plugin).is_none_or(|plugin| matches!(plugin.state, State::Ready(_))) {
            parts.services.database.write(|tx| tx.delete_schedule(&gone.plugin, &gone.job))?;
        }
    }
    let known: HashSet<(&str, &str, &str)> =
        rows.iter().map(|row| (row.plugin.as_str(), row.job.as_str(), row.cron.as_str())).collect();
    for plugin in &plugins {
        for schedule in &plugin.info.schedules {
            let id = plugin.subject.id.as_str();
            let Some(cron) = Cron::parse(&schedule.cron).ok() else { continue };
            if !known.contains(&(id, schedule.job.as_str(), schedule.cron.as_str()))
                && let Some(due) = cron.next(now)
            {
                let (plugin, job, cron) = (id.to_owned(), schedule.job.clone(), schedule.cron.clone());
                parts.services.database.write(|tx| tx.put_schedule(&ScheduleRow { plugin, job, cron, due }))?;
            }
        }
    }
    for row in rows.iter().filter(|row| row.due <= now) {
        let plugin = plugins.iter().find(|plugin| plugin.subject.id == row.plugin);
        if let Some(plugin) = plugin.filter(|plugin| matches!(plugin.state, State::Ready(_))) {
            start(parts, plugin, row, now)?;
        }
    }
    Ok(())
}

fn is_registered(plugins: &[&Arc<Plugin>], row: &ScheduleRow) -> bool {
    plugins.iter().any(|plugin| {
        plugin.subject.id == row.plugin
            && plugin.info.schedules.iter().any(|schedule| schedule.job == row.job && schedule.cron == row.cron)
    })
}

/// Queues the job of a schedule that is due and moves the schedule on, together.
fn start(parts: &Parts, plugin: &Plugin, row: &ScheduleRow, now: u64) -> Result<(), StorageError> {
    let Some(schedule) = plugin.info.schedules.iter().find(|schedule| schedule.job == row.job) else { return Ok(()) };
    let Some(next) = Cron::parse(&row.cron).ok().and_then(|cron| cron.next(now)) else { return Ok(()) };
    let mut bytes = [0; 12];
    if getrandom::fill(&mut bytes).is_err() {
        return Ok(());
    }
    let id = data_encoding::BASE32_DNSCURVE.encode(&bytes);
    let started = parts.services.database.write(|tx| {
        if tx.is_scheduled_under_way(&row.plugin, &row.job)? || !tx.move_schedule(row, next)? {
            return Ok::<_, StorageError>(false);
        }
        let (plugin, name, input) = (row.plugin.as_str(), row.job.as_str(), schedule.input.as_str());
        let job =
            NewJob { id: &id, plugin, name, input, account: None, token: None, schedule: Some(name), through: "" };
        tx.insert_job(&job, now)?;
        Ok(true)
    })?;
    if started {
        parts.services.events.publish(&Event::Job(id));
    }
    Ok(())
}
