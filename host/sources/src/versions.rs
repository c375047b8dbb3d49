//! Versions, as sources name them: tags such as `1.2.0` and `v1.2.0`.

use semver::Version;

use crate::sources::Reference;

/// The most names that a source is shown with.
pub(crate) const MOST_REFERENCES: usize = 500;

/// The version that a name says, if it does.
pub(crate) fn of_name(name: &str) -> Option<Version> {
    Version::parse(name.strip_prefix('v').unwrap_or(name)).ok()
}

/// Versions before other names, the highest first; other names by their letters; no more than are shown.
pub(crate) fn sort(references: &mut Vec<Reference>) {
    references.sort_by_cached_key(|reference| (std::cmp::Reverse(of_name(&reference.name)), reference.name.clone()));
    references.truncate(MOST_REFERENCES);
}

/// The name of the highest version above this one. Versions that are not released yet count for who has such a one.
pub(crate) fn above<'a>(current: &Version, names: impl Iterator<Item = &'a str>) -> Option<(Version, &'a str)> {
    let counts = |version: &Version| version > current && (version.pre.is_empty() || !current.pre.is_empty());
    names.filter_map(|name| of_name(name).map(|version| (version, name))).filter(|(version, _)| counts(version)).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::ReferenceKind;

    #[test]
    fn versions_come_first_and_the_highest_of_them() {
        let names = ["main", "v1.9.0", "1.10.0", "1.10.0-rc.1", "dev", "2", "0.1.0"];
        let reference =
            |name: &&str| Reference { name: (*name).into(), kind: ReferenceKind::Tag, target: String::new() };
        let mut references: Vec<Reference> = names.iter().map(reference).collect();
        sort(&mut references);
        let sorted: Vec<&str> = references.iter().map(|reference| reference.name.as_str()).collect();
        assert_eq!(sorted, ["1.10.0", "1.10.0-rc.1", "v1.9.0", "0.1.0", "2", "dev", "main"]);
        references = (0..600).map(|number| reference(&format!("1.0.{number}").as_str())).collect();
        sort(&mut references);
        assert_eq!((references.len(), references[0].name.as_str()), (MOST_REFERENCES, "1.0.599"));
    }

    #[test]
    fn what_is_above_is_found() {
        let names = ["1.0.0", "v1.2.0", "1.10.0", "2.0.0-rc.1", "latest"];
        let above = |current: &str| above(&current.parse().unwrap(), names.into_iter()).map(|(_, name)| name);
        assert_eq!(above("0.9.0"), Some("1.10.0"));
        assert_eq!(above("1.10.0"), None);
        assert_eq!(above("1.10.0-beta"), Some("2.0.0-rc.1"));
        assert_eq!(above("3.0.0"), None);
    }
}
