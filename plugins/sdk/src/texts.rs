//! Many strings in one allocation, as `ui.texts` carries them across the boundary.
//!
//! What a host function answers as [`Texts`] goes into a table as it came, without a string of its own for each row.

use crate::ui::Texts;

impl Texts {
    /// Room for `count` strings of `bytes` bytes together.
    pub fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { all: String::with_capacity(bytes), ends: Vec::with_capacity(count) }
    }

    /// Adds one string at the end.
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        // A plugin has 64 MiB of memory, so a length always fits.
        self.ends.push(self.all.len() as u32);
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.all.get(start..end)
    }

    /// Each string in turn.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }
}

impl<S: AsRef<str>> FromIterator<S> for Texts {
    fn from_iter<I: IntoIterator<Item = S>>(strings: I) -> Self {
        let strings = strings.into_iter();
        let count = strings.size_hint().0;
        let mut texts = Self::with_capacity(count, count * 16);
        strings.for_each(|text| texts.push(text.as_ref()));
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_as_they_went_in() {
        let texts: Texts = ["Ada", "", "Zoë"].into_iter().collect();
        assert_eq!(texts.ends, [3, 3, 7]);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["Ada", "", "Zoë"]);
        assert_eq!(texts.get(3), None);
    }
}
