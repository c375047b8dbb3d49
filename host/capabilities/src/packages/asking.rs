//! What the host asks before packages are put in their places, and before a plugin is taken away, stopped or let go further:
//! a sentence for each. What is certain comes first; what a plugin calls itself stands last, in quotation marks.

use vestry_catalog::order::{Choice, Placing};
use vestry_catalog::{Capability, Known, Plan, meaning, quoted};
use vestry_contract::types::Failure;
use vestry_storage::PluginRow;

use super::known;
use crate::gate::Question;
use crate::secret_store::SecretView;
use crate::table::{PACKAGES_DISCARD_USED, PACKAGES_PLACE, PACKAGES_UNINSTALL, Row};
use crate::users::fill;

/// The yes is for these placings with just these grants.
pub(super) fn placing(plans: &[Plan], placings: &[Placing], secrets: &[SecretView]) -> Result<Question, Failure> {
    let names = |capabilities: &[Capability]| capabilities.iter().map(ToString::to_string).collect::<Vec<_>>();
    let decided: Vec<_> = plans
        .iter()
        .map(|plan| {
            let replaced = plan.replaces.as_ref().map(|other| (&other.row.id, &other.row.digest));
            (&plan.mount, replaced, names(&plan.entitlement.granted), names(&plan.entitlement.refused))
        })
        .collect();
    let arguments = serde_json::to_string(&(placings, decided));
    Ok(Question {
        sentences: plans.iter().map(|plan| sentence(plan, secrets)).collect(),
        arguments: arguments.map_err(|error| Failure::Internal(error.to_string()))?,
    })
}

fn sentence(plan: &Plan, secrets: &[SecretView]) -> String {
    let Plan { package, mount, entitlement, .. } = plan;
    let means = |capabilities: &[Capability]| {
        let words = capabilities
            .iter()
            .map(|capability| meaning::of(capability, |name| known(secrets, name), str::to_owned).words.english());
        words.collect::<Vec<_>>().join("; ")
    };
    let grants = if entitlement.granted.is_empty() { "nothing".to_owned() } else { means(&entitlement.granted) };
    let refused = match entitlement.refused.as_slice() {
        [] => String::new(),
        refused => format!(". It asks for, and does not get: {}", means(refused)),
    };
    fill(
        PACKAGES_PLACE,
        &[
            ("title", quoted(&package.info.title)),
            ("version", package.row.version.clone()),
            ("id", package.row.id.clone()),
            ("source", package.row.source.clone()),
            ("mount", mount.clone()),
            ("instead", instead(plan)),
            ("grants", grants),
            ("refused", refused),
        ],
    )
}

/// What becomes of what is there.
fn instead(plan: &Plan) -> String {
    let running = plan.running.as_ref().filter(|running| running.row.digest != plan.package.row.digest);
    let mut said = running.map(|running| format!(", instead of version {}", running.row.version)).unwrap_or_default();
    if let Some(other) = &plan.replaces {
        said.push_str(&format!(", in the place of {} {}", other.row.id, other.row.version));
    }
    if let Some(from) = &plan.takes_over {
        said.push_str(&format!(", with the id and the data of packages that came from {from}"));
    }
    match plan.data {
        Some(Choice::Then) => said.push_str(", with the data of the time when that last had its shape"),
        Some(Choice::Fresh) => said.push_str(", without any data"),
        None => {}
    }
    said
}

/// The yes is for the version that runs now.
pub(super) fn unmounting(plugin: &PluginRow, package: Option<&Known>, data: bool) -> Question {
    let kept =
        if data { ", and remove everything that it has stored, for good" } else { "; what it has stored is kept" };
    changing(PACKAGES_UNINSTALL, plugin, package, kept)
}

/// What a row says of a plugin. The yes is for the version that runs now.
pub(super) fn changing(row: Row, plugin: &PluginRow, package: Option<&Known>, detail: &str) -> Question {
    let values = [
        ("id", plugin.id.clone()),
        ("mount", plugin.mount.clone()),
        ("detail", detail.to_owned()),
        ("title", title(package, &plugin.id)),
    ];
    Question {
        sentences: vec![fill(row, &values)],
        arguments: format!("{:?} {:?} {:?} {detail:?}", plugin.id, plugin.digest, plugin.mount),
    }
}

/// That a version which was in use cannot be gone back to any more.
pub(super) fn discarding(package: &Known) -> Question {
    let row = &package.row;
    let values = [
        ("id", row.id.clone()),
        ("version", row.version.clone()),
        ("source", row.source.clone()),
        ("title", quoted(&package.info.title)),
    ];
    Question { sentences: vec![fill(PACKAGES_DISCARD_USED, &values)], arguments: row.digest.clone() }
}

fn title(package: Option<&Known>, id: &str) -> String {
    package.map_or_else(|| id.to_owned(), |package| quoted(&package.info.title))
}
