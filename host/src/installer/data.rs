//! What becomes of a plugin's data when a package takes its place: it is kept, brought to another shape, or changed for
//! that of another time.
//!
//! Only the way forward goes by itself. A package that works with an older shape than the data has cannot read it, and the
//! data of then lacks all that came later: which of the two counts is a person's to say.

use jiff::Timestamp;
use vestry_catalog::order::Choice;
use vestry_storage::{SpaceRow, StorageError, Transaction};

/// Why no data fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    #[error(
        "its data has the shape {active}, and this package works with the older shape {wanted}. Say which data it gets:\n{}\n\
         What is there now ({size}) is kept for 30 days.",
        .choices.join("\n")
    )]
    Choose { active: u32, wanted: u32, size: String, choices: Vec<String> },
    #[error("no data of the shape {0} is kept any more; `--choose-data fresh` starts without any")]
    NothingOfThen(u32),
}

/// What is to be done with the data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Keep,
    /// Starts without any.
    Start,
    TakeBack(SpaceRow),
    Migrate(SpaceRow),
}

impl Change {
    /// What becomes of the data that a plugin has, for a package with this data-version.
    pub(super) fn find(
        active: Option<SpaceRow>,
        retired: Vec<SpaceRow>,
        wanted: u32,
        choice: Option<Choice>,
    ) -> Result<Self, DataError> {
        let of_then = retired.into_iter().find(|space| space.data_version == wanted);
        match (choice, active) {
            (Some(Choice::Then), _) => of_then.map(Self::TakeBack).ok_or(DataError::NothingOfThen(wanted)),
            (Some(Choice::Fresh), _) | (None, None) => Ok(Self::Start),
            (None, Some(active)) if active.data_version == wanted => Ok(Self::Keep),
            (None, Some(active)) if active.data_version < wanted => Ok(Self::Migrate(active)),
            (None, Some(active)) => Err(choose(&active, of_then.as_ref(), wanted)),
        }
    }

    /// Does it; `false` where another update of the plugin is under way. Migrating is not done here.
    pub(super) fn make(
        &self,
        tx: &Transaction<'_>,
        plugin: &str,
        data_version: u32,
        now: u64,
    ) -> Result<bool, StorageError> {
        match self {
            Self::Keep | Self::Migrate(_) => Ok(tx.active_space(plugin)?.is_none_or(|active| !active.is_held(now))),
            Self::Start => tx.start_space(plugin, data_version, now),
            Self::TakeBack(space) => tx.take_space_back(space, now),
        }
    }
}

fn choose(active: &SpaceRow, of_then: Option<&SpaceRow>, wanted: u32) -> DataError {
    let then = of_then.map(|space| {
        let until = space.retired.map(date).unwrap_or_default();
        format!("  --choose-data then    as it was on {until}, {}; what came later is not in it", size(space.bytes))
    });
    let fresh = "  --choose-data fresh   none".to_owned();
    let choices = then.into_iter().chain([fresh]).collect();
    DataError::Choose { active: active.data_version, wanted, size: size(active.bytes), choices }
}

/// `2026-11-22 14:05 UTC`.
fn date(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
    time.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestry_storage::SpaceState;

    fn space(data_version: u32, retired: Option<u64>) -> SpaceRow {
        SpaceRow {
            space: format!("org.a/{data_version}"),
            plugin: "org.a".into(),
            data_version,
            state: if retired.is_some() { SpaceState::Retired } else { SpaceState::Active },
            created: 1,
            retired,
            held_until: None,
            bytes: 20_480,
        }
    }

    fn find(wanted: u32, choice: Option<Choice>) -> Result<Change, DataError> {
        let retired = vec![space(1, Some(1_795_356_000_000)), space(1, Some(5)), space(3, Some(4))];
        Change::find(Some(space(2, None)), retired, wanted, choice)
    }

    #[test]
    fn the_way_forward_goes_by_itself() {
        assert_eq!(Change::find(None, Vec::new(), 3, None), Ok(Change::Start));
        assert_eq!(find(2, None), Ok(Change::Keep));
        assert_eq!(find(3, None), Ok(Change::Migrate(space(2, None))));
    }

    #[test]
    fn the_way_back_is_chosen() {
        let refused = find(1, None).unwrap_err().to_string();
        for words in
            ["shape 2", "shape 1", "--choose-data then", "2026-11-22", "20 KiB", "--choose-data fresh", "30 days"]
        {
            assert!(refused.contains(words), "{words} stands in: {refused}");
        }
        assert_eq!(find(1, Some(Choice::Then)), Ok(Change::TakeBack(space(1, Some(1_795_356_000_000)))));
        assert_eq!(find(1, Some(Choice::Fresh)), Ok(Change::Start));
        assert_eq!(find(2, Some(Choice::Then)), Err(DataError::NothingOfThen(2)));
        let without = Change::find(Some(space(2, None)), Vec::new(), 1, None).unwrap_err().to_string();
        assert!(!without.contains("then ") && without.contains("fresh"), "{without}");
    }
}
