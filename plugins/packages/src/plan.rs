//! `/plan?job=..&job=..`: several newer versions, fetched and looked at before any of them is put in place. What asks for
//! nothing new is ticked and goes together; what asks for more waits for somebody who says yes to it on its own page.

use vestry_sdk::packages::{self, Inspection, Placing, Work};
use vestry_sdk::prelude::*;

use crate::failing::{NOWHERE, notices, said_at};
use crate::orders::{self, Order};
use crate::words::{is_under_way, job_state, title, title_and_version};

/// How often an open page asks whether all is fetched, in seconds.
const EVERY: u32 = 1;

/// The field with what is ticked: `DIGEST RUNNING`, the latter as the page showed it.
const PLACE: &str = "place";

/// What is to become of one job of the plan.
struct Step {
    job: String,
    order: Option<Order>,
    work: Work,
    /// As soon as it is fetched.
    inspection: Option<Inspection>,
}

pub fn show(request: &Request) -> Result<Page> {
    page(request, &[])
}

pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let steps = steps(request)?;
    let now = print(&steps);
    let batch = Batch::at(&now);
    Ok(match now == cursor {
        true => batch,
        false if steps.iter().any(Step::is_under_way) => batch.with(Update::block("fetched", fetching(&steps))),
        false => batch.with(Update::reload()),
    })
}

/// Orders what was ticked. The query names the jobs, so that the page can come back as it was.
pub fn apply(request: &Request) -> Result<Response> {
    ordered(request).or_invalid(|errors| page(request, errors))
}

fn ordered(request: &Request) -> Result<Redirect> {
    let (mut placings, mut names) = (vec![], vec![]);
    for ticked in request.form_all(PLACE) {
        let (digest, running) = ticked.split_once(' ').unwrap_or((ticked, ""));
        let inspection = said_at(PLACE, packages::inspect(digest))?;
        names.push(title_and_version(&inspection.package));
        placings.push(Placing::of(digest).in_place_of(running));
    }
    if placings.is_empty() {
        return Err(invalid(PLACE, "Tick at least one."));
    }
    let job = said_at(NOWHERE, packages::place(&placings))?;
    Order::Place(names.join(", ")).remember(&job)
}

fn steps(request: &Request) -> Result<Vec<Step>> {
    // A form is sent with them, a page asked for.
    let named = request.query.iter().chain(&request.form).filter(|(name, _)| name == "job");
    let mut steps = vec![];
    for (_, job) in named {
        let work = packages::outcome(job)?;
        let inspection = match &work.digest {
            Some(digest) if work.state == "done" => orders::known(packages::inspect(digest))?,
            _ => None,
        };
        steps.push(Step { job: job.clone(), order: orders::of(job)?, work, inspection });
    }
    Ok(steps)
}

impl Step {
    fn is_under_way(&self) -> bool {
        is_under_way(&self.work.state)
    }

    /// What is fetched and does not run yet.
    fn fetched(&self) -> Option<&Inspection> {
        let differs = |inspection: &&Inspection| {
            inspection.installed.as_ref().is_none_or(|installed| installed.digest != inspection.package.digest)
        };
        self.inspection.as_ref().filter(differs)
    }

    /// What it is about, in words.
    fn words(&self) -> String {
        let order = || self.order.as_ref().map_or_else(|| self.job.clone(), |order| order.words().plain());
        self.inspection.as_ref().map_or_else(order, |inspection| title(&inspection.package))
    }
}

/// Why somebody has to look at it first; empty where nobody has to.
fn waits_for(inspection: &Inspection) -> &'static str {
    let reasons = [
        (inspection.stranger_to.is_some(), "It comes from elsewhere than before"),
        (!inspection.missing.is_empty(), "It needs something that is not here"),
        (inspection.wider, "It asks for more"),
        (!inspection.data_choices.is_empty(), "You have to choose its data"),
        (inspection.installed.is_none(), "It does not run yet"),
    ];
    reasons.iter().find(|(holds, _)| *holds).map_or("", |(_, reason)| reason)
}

fn print(steps: &[Step]) -> String {
    steps.iter().map(|step| step.work.state.as_str()).collect::<Vec<_>>().join(" ")
}

fn page(request: &Request, errors: &[FieldError]) -> Result<Page> {
    let steps = steps(request)?;
    let page = Page::new("Update several").action(Action::new("Package Management", "home"));
    let page = notices(page, errors, &[PLACE]);
    if steps.iter().any(Step::is_under_way) {
        let page =
            page.lead("They are fetched and looked at. Nothing is changed yet.").block("fetched", fetching(&steps));
        return Ok(page.follow(Vec::<String>::new(), print(&steps), EVERY));
    }
    let (ready, waiting): (Vec<_>, Vec<_>) =
        steps.iter().filter_map(Step::fetched).partition(|inspection| waits_for(inspection).is_empty());
    let failed: Vec<_> = steps.iter().filter(|step| step.work.state != "done").collect();
    let page = page.lead("This is the plan. Nothing is changed yet.");
    let page = match ready.is_empty() {
        true => page.block("none", notice(Level::Neutral, "Nothing can be updated without a closer look.")),
        false => page.block("apply", form(request, &steps, &ready, errors)),
    };
    let page = if waiting.is_empty() { page } else { page.section(waiting_section(&waiting)) };
    Ok(if failed.is_empty() { page } else { page.section(failed_section(&failed)) })
}

fn fetching(steps: &[Step]) -> Table {
    Table::keyed(steps.iter().map(|step| &step.job))
        .column("what", "What", steps.iter().map(Step::words))
        .column("state", "State", steps.iter().map(|step| job_state(&step.work.state)))
        .open("work")
}

fn form(request: &Request, steps: &[Step], ready: &[&Inspection], errors: &[FieldError]) -> Form {
    let choices: Vec<_> = ready.iter().filter_map(|inspection| choice(inspection)).collect();
    let ticked: Vec<_> = match errors.is_empty() {
        true => choices.iter().map(|choice| choice.value.clone()).collect(),
        false => request.form_all(PLACE).map(str::to_owned).collect(),
    };
    let mine: Vec<_> = errors.iter().filter(|error| error.field == PLACE).cloned().collect();
    Form::new(Action::new("Update the ticked ones", "plan-apply").primary())
        .field(
            Field::checkboxes(PLACE, "These ask for nothing new", choices)
                .values(ticked)
                .help("Each is opened before it takes its place. One whose pages do not open stays as it is, and you are told why."),
        )
        .field(Field::hidden("job", "").values(steps.iter().map(|step| &step.job)))
        .errors(&mine)
}

fn choice(inspection: &Inspection) -> Option<Choice> {
    let installed = inspection.installed.as_ref()?;
    let package = &inspection.package;
    let words =
        text!("{title}: {from} becomes {to}", title = title(package), from = installed.version, to = package.version);
    Some(Choice::new(format!("{} {}", package.digest, installed.digest), words))
}

fn waiting_section(waiting: &[&Inspection]) -> Section {
    let from =
        |inspection: &&Inspection| inspection.installed.as_ref().map_or("", |installed| &installed.version).to_owned();
    let table = Table::keyed(waiting.iter().map(|inspection| &inspection.package.digest))
        .column("title", "Plugin", waiting.iter().map(|inspection| title(&inspection.package)))
        .column("from", "Runs", waiting.iter().map(from))
        .column("to", "Newer", waiting.iter().map(|inspection| &inspection.package.version))
        .column("why", "Why it waits", waiting.iter().map(|inspection| waits_for(inspection)))
        .open("inspect");
    Section::new("waiting", "These wait for you")
        .summary("Open one to see what it asks for, and to say yes or no.")
        .block("waiting", table)
}

fn failed_section(failed: &[&Step]) -> Section {
    let why = |step: &&Step| step.work.problems.iter().map(Text::plain).collect::<Vec<_>>().join(" ");
    let table = Table::keyed(failed.iter().map(|step| &step.job))
        .column("what", "What", failed.iter().map(|step| step.words()))
        .column("why", "Why", failed.iter().map(why))
        .open("work");
    Section::new("failed", "These could not be fetched").block("failed", table)
}
