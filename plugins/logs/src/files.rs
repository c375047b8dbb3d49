//! All files that are kept, current and older: what each is for, how large it is, and a download.

use vestry_logs_core::Series;
use vestry_sdk::prelude::*;

use crate::directories::{self, Found, purpose};
use crate::shown;

pub fn show(_: &Request) -> Result<Page> {
    let Found { series: all, troubles } = directories::all();
    let bytes: u64 = all.iter().map(Series::size).sum();
    let files: usize = all.iter().map(|series| series.segments.len()).sum();
    let words = text!("{files} files, {size} in all.", files, size = shown::amount(bytes));
    let page = Page::new("Log files")
        .lead(words)
        .action(Action::new("Logs", "lines"))
        .action(Action::new("Download everything", "export").value("order", "last"));
    Ok(shown::notices(page, troubles).block("files", table(&all)))
}

fn table(all: &[Series]) -> Table {
    let each = || all.iter().flat_map(|series| series.segments.iter().map(move |segment| (series, segment)));
    let key = |(series, segment): (&Series, &vestry_logs_core::Segment)| {
        format!("{}:{}", series.directory, segment.file.path)
    };
    let time = |milliseconds: i64| Time(u64::try_from(milliseconds).unwrap_or(0));
    Table::keyed(each().map(key))
        .column("file", "File", each().map(|(_, segment)| segment.file.path.clone()))
        .column("size", "Size", each().map(|(_, segment)| size(segment.file.size)))
        .column("last", "Last line", each().map(|(_, segment)| time(segment.file.modified)))
        .column("what", "What it is for", each().map(|(series, _)| purpose(series)))
        .each(Action::new("Download", "file"))
        .empty("There are no logs yet.")
}

/// `key`: the directory, a colon, and the path in it. Only files that are listed can be had.
pub fn download(request: &Request) -> Result<Download> {
    let key = request.query("key").required()?;
    let (directory, path) = key.split_once(':').ok_or_else(|| Failure::not_found(key))?;
    let all = directories::all().series;
    let mut known = all.iter().filter(|series| series.directory == directory).flat_map(|series| &series.segments);
    let segment = known.find(|segment| segment.file.path == path).ok_or_else(|| Failure::not_found(path))?;
    let kind = if segment.packed { "application/gzip" } else { "text/plain" };
    let name = path.replace('/', "-");
    Ok(Download::file(name, kind, directory, path))
}
