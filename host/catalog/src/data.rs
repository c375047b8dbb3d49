//! Whether a package can work with the data that its plugin has. Only the way forward goes by itself: a package that works
//! with an older shape cannot read what is there, and the data of then lacks all that came later.

use vestry_storage::{Reader, SpaceRow, StorageError};

use crate::order::Choice;

/// What somebody has to choose between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// What the plugin works with.
    pub active: SpaceRow,
    /// What it worked with when its data last had the shape that is wanted, where that is still kept.
    pub then: Option<SpaceRow>,
}

impl Choices {
    /// What a package with this data-version has to be told; none where its data is there, or can be brought to its shape.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn of(reader: &Reader<'_>, plugin: &str, wanted: u32) -> Result<Option<Self>, StorageError> {
        match reader.active_space(plugin)? {
            Some(active) if active.data_version > wanted => {
                let then = reader.retired_spaces(plugin)?.into_iter().find(|space| space.data_version == wanted);
                Ok(Some(Self { active, then }))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Those that there are.
    pub fn all(&self) -> impl Iterator<Item = Choice> {
        self.then.as_ref().map(|_| Choice::Then).into_iter().chain([Choice::Fresh])
    }

    /// What there is to decide, for a person.
    #[must_use]
    pub fn sentence(&self, wanted: u32) -> String {
        let then = if self.then.is_some() { "what was there when it last had that shape, or " } else { "" };
        format!(
            "Its data has the shape {}, and this package works with the older shape {wanted}: say whether it gets {then}none. \
             What is there now is kept for 30 days.",
            self.active.data_version
        )
    }
}

#[cfg(test)]
mod tests {
    use vestry_storage::Database;

    use super::*;

    #[test]
    fn the_way_back_alone_is_chosen() {
        let database = Database::temporary().unwrap();
        let of = |wanted| database.read(|reader| Choices::of(reader, "org.a", wanted)).unwrap();
        let all = |wanted| of(wanted).map(|choices| choices.all().collect::<Vec<_>>());
        assert_eq!(all(1), None, "no data at all");
        database
            .write(|tx| Ok::<_, StorageError>((tx.start_space("org.a", 1, 5)?, tx.start_space("org.a", 3, 6)?)))
            .unwrap();
        assert_eq!((all(3), all(4)), (None, None));
        assert_eq!(all(2), Some(vec![Choice::Fresh]));
        assert_eq!(all(1), Some(vec![Choice::Then, Choice::Fresh]));
        assert!(of(1).unwrap().sentence(1).contains("shape 3"));
    }
}
