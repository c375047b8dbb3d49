//! What a plugin wishes for, held against the rules: names that an administrator can tie to something.

use vestry_catalog::setting_of_origin;
use vestry_contract::registration::{Capability, PluginInfo};
use vestry_outbound::Origin;
use vestry_vault::SecretName;

use crate::registry::names::is_name;

/// Adds a sentence for each problem.
pub fn problems(info: &PluginInfo, problems: &mut Vec<String>) {
    for wish in &info.wishes {
        match &wish.capability {
            Capability::Directory((name, _)) if !is_name(name) => problems.push(format!(
                "it wishes for the directory `{name}`, whose name is not a-z, 0-9, -, _ and . from a letter; rename it"
            )),
            Capability::Origin(origin) if setting_of_origin(origin).is_some() => {
                let setting = setting_of_origin(origin).unwrap_or_default();
                if !setting.split('.').all(is_name) {
                    problems.push(format!(
                        "it wishes for the origin `{origin}`, which names no setting; write it like setting:rates.url"
                    ));
                }
            }
            Capability::Origin(origin) => match Origin::parse(origin) {
                Ok(parsed) if parsed.to_string() == *origin => {}
                Ok(parsed) => problems
                    .push(format!("it wishes for the origin `{origin}`, which is written `{parsed}`; write it so")),
                Err(reason) => problems.push(format!("it wishes for an origin: {reason}")),
            },
            Capability::Secret(name) => {
                if let Err(reason) = SecretName::parse(name) {
                    problems.push(format!("it wishes for the secret `{name}`: {reason}"));
                }
            }
            _ => {}
        }
    }
}
