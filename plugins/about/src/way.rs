//! The way of a request: its stations in their order, each with what it does and what it has to do with now.

use vestry_sdk::prelude::*;
use vestry_sdk::server::Station;

use crate::words::{labelled, station};

/// One row for each station, from the browser to the page.
pub fn way(stations: &[Station]) -> Table {
    let all = || stations.iter();
    let named = (1..).zip(all()).map(|(step, found)| format!("{step}. {}", station(&found.name).plain()));
    Table::keyed(all().map(|station| &station.name))
        .column("station", "Station", named.collect::<Vec<String>>())
        .column("does", "What happens", all().map(|station| &station.does))
        .column("now", "At this moment", all().map(now))
        .empty("The server does not say how requests go through it.")
}

/// `mounted plugins: 5, routes: 40`
fn now(station: &Station) -> String {
    let parts: Vec<String> = station.now.iter().map(|(label, number)| labelled(*number, label)).collect();
    parts.join(", ")
}
