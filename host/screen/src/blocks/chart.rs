//! A chart, drawn as SVG by the server: no script, it prints, and its numbers stand beside it in a table.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value as Json, json};
use vestry_contract::ui::{Chart, Series};

use crate::place::Place;
use crate::{Draw, Html, ScreenError};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;
/// Colours there are for series; more of them start over.
const COLOURS: usize = 6;
/// Labels that fit under the axis.
const LABELS: usize = 8;
/// So many points are marked one by one.
const FEW: usize = 24;

#[derive(Serialize)]
struct View<'v> {
    kind: &'v str,
    unit: &'v str,
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    base: f64,
    ticks: Vec<Tick>,
    labels: Vec<Label<'v>>,
    series: Vec<Drawn<'v>>,
    /// The numbers, a row for each label.
    rows: Vec<Row<'v>>,
    stat: Option<Stat>,
}

#[derive(Serialize)]
struct Tick {
    y: f64,
    text: String,
}

#[derive(Serialize)]
struct Label<'v> {
    x: f64,
    text: &'v str,
}

#[derive(Default, Serialize)]
struct Drawn<'v> {
    label: Cow<'v, str>,
    colour: usize,
    line: String,
    area: String,
    bars: Vec<Bar>,
    dots: Vec<(f64, f64)>,
}

#[derive(Serialize)]
struct Bar {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

#[derive(Serialize)]
struct Row<'v> {
    label: &'v str,
    values: Vec<String>,
}

#[derive(Serialize)]
struct Stat {
    value: String,
    change: Option<String>,
    rising: bool,
}

pub(crate) fn html(name: &str, chart: &Chart, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/chart.html", name, view(chart, draw.place))
}

/// `{"kind", "unit", "labels", "series": [{"label", "values"}]}`.
pub(crate) fn data(chart: &Chart, place: &dyn Place) -> Json {
    let series = |series: &Series| json!({ "label": place.text(&series.label), "values": series.values });
    json!({
        "kind": chart.kind,
        "unit": chart.unit,
        "labels": chart.labels,
        "series": chart.series.iter().map(series).collect::<Vec<_>>(),
    })
}

fn view<'c>(chart: &'c Chart, place: &'c dyn Place) -> View<'c> {
    let kind = match chart.kind.as_str() {
        known @ ("line" | "bar" | "area" | "stat") => known,
        _ => "table",
    };
    let scale = Scale::of(chart);
    View {
        kind,
        unit: &chart.unit,
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        right: WIDTH - RIGHT,
        base: scale.y(0.0),
        ticks: scale.ticks(),
        labels: labels(chart, &scale),
        series: chart
            .series
            .iter()
            .enumerate()
            .map(|(index, series)| Drawn::of(index, series, kind, &scale, chart.series.len(), place))
            .collect(),
        rows: rows(chart),
        stat: (kind == "stat").then(|| stat(chart)).flatten(),
    }
}

/// How values become places on the sheet.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
    count: usize,
    /// Values stand in the middle of a band of their own.
    bands: bool,
}

impl Scale {
    fn of(chart: &Chart) -> Self {
        let values =
            || chart.series.iter().flat_map(|series| &series.values).flatten().filter(|value| value.is_finite());
        let low = values().fold(0.0_f64, |low, value| low.min(*value));
        let high = values().fold(0.0_f64, |high, value| high.max(*value));
        let step = nice_step((high - low).max(f64::MIN_POSITIVE));
        let count =
            chart.series.iter().map(|series| series.values.len()).chain([chart.labels.len()]).max().unwrap_or(0);
        let high = (high / step).ceil() * step;
        let low = (low / step).floor() * step;
        Self { low, high: if high > low { high } else { low + 1.0 }, step, count, bands: chart.kind == "bar" }
    }

    fn y(&self, value: f64) -> f64 {
        round(TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low))
    }

    fn band(&self) -> f64 {
        (WIDTH - LEFT - RIGHT) / self.count.max(1) as f64
    }

    fn x(&self, index: usize) -> f64 {
        if self.bands {
            return round(LEFT + self.band() * (index as f64 + 0.5));
        }
        let steps = self.count.saturating_sub(1).max(1) as f64;
        round(LEFT + (WIDTH - LEFT - RIGHT) * index as f64 / steps)
    }

    fn ticks(&self) -> Vec<Tick> {
        let count = ((self.high - self.low) / self.step).round().clamp(1.0, 12.0) as usize;
        (0..=count)
            .map(|index| self.low + self.step * index as f64)
            .map(|value| Tick { y: self.y(value), text: number(value) })
            .collect()
    }
}

/// 1, 2 or 5 times a power of ten, so that about four steps make the span.
fn nice_step(span: f64) -> f64 {
    let rough = span / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let power = if power.is_finite() && power > 0.0 { power } else { 1.0 };
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough).unwrap_or(power * 10.0)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A number without the noise of floating point.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn labels<'c>(chart: &'c Chart, scale: &Scale) -> Vec<Label<'c>> {
    let every = chart.labels.len().div_ceil(LABELS).max(1);
    chart.labels.iter().enumerate().step_by(every).map(|(index, text)| Label { x: scale.x(index), text }).collect()
}

impl<'c> Drawn<'c> {
    fn of(index: usize, series: &'c Series, kind: &str, scale: &Scale, of: usize, place: &'c dyn Place) -> Self {
        let mut drawn = Self { label: place.text(&series.label), colour: index % COLOURS, ..Self::default() };
        let points = points(series, scale);
        if kind == "bar" {
            drawn.bars = bars(index, &points, of, scale);
            return drawn;
        }
        for run in points.split(Option::is_none) {
            drawn.add_run(&run.iter().flatten().copied().collect::<Vec<_>>(), kind, scale);
        }
        if points.len() <= FEW {
            drawn.dots.extend(points.into_iter().flatten());
        }
        drawn
    }

    /// Points without a gap between them.
    fn add_run(&mut self, run: &[(f64, f64)], kind: &str, scale: &Scale) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
        let mut path = String::new();
        for (position, (x, y)) in run.iter().enumerate() {
            let _ = write!(path, "{}{x} {y}", if position == 0 { "M" } else { "L" });
        }
        if kind != "line" {
            let base = scale.y(0.0);
            let _ = write!(self.area, "{path}L{} {base}L{} {base}Z", last.0, first.0);
        }
        self.line.push_str(&path);
        // A single point has no line to be seen by.
        if run.len() == 1 {
            self.dots.push(*first);
        }
    }
}

fn points(series: &Series, scale: &Scale) -> Vec<Option<(f64, f64)>> {
    let place = |(index, value): (usize, &Option<f64>)| {
        value.filter(|value| value.is_finite()).map(|value| (scale.x(index), scale.y(value)))
    };
    series.values.iter().enumerate().map(place).collect()
}

fn bars(index: usize, points: &[Option<(f64, f64)>], of: usize, scale: &Scale) -> Vec<Bar> {
    let width = round(scale.band() * 0.7 / of.max(1) as f64);
    let base = scale.y(0.0);
    let offset = width * (index as f64 - of as f64 / 2.0);
    let bar =
        |(x, y): &(f64, f64)| Bar { x: round(x + offset), y: y.min(base), width, height: round((y - base).abs()) };
    points.iter().flatten().map(bar).collect()
}

fn rows(chart: &Chart) -> Vec<Row<'_>> {
    let count = chart.series.iter().map(|series| series.values.len()).chain([chart.labels.len()]).max().unwrap_or(0);
    let value =
        |series: &Series, index: usize| series.values.get(index).copied().flatten().filter(|value| value.is_finite());
    (0..count)
        .map(|index| Row {
            label: chart.labels.get(index).map_or("", String::as_str),
            values: chart
                .series
                .iter()
                .map(|series| value(series, index).map_or_else(|| "–".to_owned(), number))
                .collect(),
        })
        .collect()
}

fn stat(chart: &Chart) -> Option<Stat> {
    let known: Vec<f64> =
        chart.series.first()?.values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    let last = *known.last()?;
    let change = known.len().checked_sub(2).and_then(|index| known.get(index)).map(|before| last - before);
    Some(Stat {
        value: number(last),
        change: change.filter(|change| *change != 0.0).map(|change| number(change.abs())),
        rising: change.is_some_and(|change| change > 0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        let steps: Vec<_> = [4.0, 7.0, 10.0, 100.0].into_iter().map(nice_step).collect();
        assert_eq!(steps, [1.0, 2.0, 5.0, 50.0]);
    }

    #[test]
    fn a_scale_reaches_past_what_it_holds_and_never_shrinks_to_nothing() {
        let chart = |values: &[f64]| Chart {
            kind: "bar".into(),
            unit: String::new(),
            labels: vec![],
            series: vec![Series {
                label: vestry_contract::types::Text::Data("s".into()),
                values: values.iter().copied().map(Some).collect(),
            }],
            extra: vec![],
        };
        let scale = Scale::of(&chart(&[-3.0, 7.0, f64::NAN]));
        assert!(scale.low <= -3.0 && scale.high >= 7.0);
        for odd in [&[] as &[f64], &[0.0], &[f64::INFINITY]] {
            let scale = Scale::of(&chart(odd));
            assert!(scale.ticks().iter().all(|tick| tick.y.is_finite()), "{odd:?}");
        }
    }
}
