//! A value of JSON, read no further than a page can show: another program may write a line of a million empty brackets,
//! each of which takes far more memory than the two bytes it has there.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Values that are kept of one line, those inside others included.
pub(crate) const MOST: usize = 1_000;

/// Reads a value as long as something is left; what is behind is passed over.
pub(crate) struct Part<'a> {
    /// Values that may still be kept.
    pub left: &'a Cell<usize>,
}

impl Part<'_> {
    /// Takes one of what is left. Answers whether there was one.
    pub fn take(left: &Cell<usize>) -> bool {
        let before = left.get();
        left.set(before.saturating_sub(1));
        before > 0
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while Self::take(self.left) {
            match from.next_element_seed(Part { left: self.left })? {
                Some(value) => all.push(value),
                None => return Ok(all.into()),
            }
        }
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while Self::take(self.left) {
            let Some(name) = from.next_key()? else { return Ok(all.into()) };
            all.insert(name, from.next_value_seed(Part { left: self.left })?);
        }
        while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(all.into())
    }
}

/// Bytes of memory that a value takes, about.
pub(crate) fn weight(value: &Value) -> usize {
    /// Of a value itself, and of its place in a map.
    const OWN: usize = 32;
    const ENTRY: usize = 96;
    OWN + match value {
        Value::String(text) => text.len(),
        Value::Array(all) => all.iter().map(weight).sum(),
        Value::Object(all) => all.iter().map(|(name, value)| ENTRY + name.len() + weight(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, most: usize) -> Option<(Value, usize)> {
        let left = Cell::new(most);
        let value = Part { left: &left }.deserialize(&mut serde_json::Deserializer::from_str(text)).ok()?;
        Some((value, left.get()))
    }

    #[test]
    fn what_is_short_is_read_as_it_is() {
        for text in [r#"{"a":[1,-2,3.5,null,true,"x"],"b":{"c":[]},"":{}}"#, "[]", "7", r#""x""#] {
            assert_eq!(read(text, 100).unwrap().0, serde_json::from_str::<Value>(text).unwrap());
        }
        assert_eq!(read("[1,", 100), None);
    }

    #[test]
    fn of_what_is_long_the_beginning_is_kept() {
        let text = format!("{{\"a\":[{}1],\"b\":2}}", r#"{"":0},"#.repeat(100_000));
        let (value, left) = read(&text, MOST).unwrap();
        assert_eq!(left, 0);
        assert!(value["a"].as_array().unwrap().len() > 300 && weight(&value) < 200_000, "{}", weight(&value));
        assert_eq!(value.get("b"), None);
    }
}
