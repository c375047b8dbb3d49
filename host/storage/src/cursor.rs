//! Where a page ended: the sort key and the id of its last row, and which way to go from there.
//!
//! A cursor holds nothing that was not on the page, so it is encoded, not signed: who changes it asks for another page.

use data_encoding::BASE64URL_NOPAD;

use crate::{AccountOrder, Result, StorageError};

/// A place between two rows of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub order: AccountOrder,
    pub backwards: bool,
    /// Times as decimal numbers.
    pub key: String,
    pub id: String,
}

/// Between the parts; no key and no id contains it.
const BETWEEN: char = '\u{1f}';

impl Cursor {
    pub(crate) fn encode(&self) -> String {
        let way = if self.backwards { '<' } else { '>' };
        let plain = [way.to_string(), self.order.name().to_owned(), self.id.clone(), self.key.clone()];
        BASE64URL_NOPAD.encode(plain.join(BETWEEN.encode_utf8(&mut [0; 4])).as_bytes())
    }

    /// For the order that the query has now: with another one the key means nothing.
    pub(crate) fn decode(text: &str, order: AccountOrder) -> Result<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| StorageError::Cursor)?;
        let plain = String::from_utf8(bytes).map_err(|_| StorageError::Cursor)?;
        let mut parts = plain.splitn(4, BETWEEN);
        let (Some(way), Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(StorageError::Cursor);
        };
        let right_key = !order.is_time() || key.parse::<u64>().is_ok();
        if name != order.name() || !matches!(way, "<" | ">") || !right_key {
            return Err(StorageError::Cursor);
        }
        Ok(Self { order, backwards: way == "<", key: key.to_owned(), id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;
    use crate::AccountOrder;

    #[test]
    fn what_is_encoded_is_decoded_for_its_order_alone() {
        let cursor = Cursor { order: AccountOrder::Name, backwards: true, key: "änne b".into(), id: "x1".into() };
        let text = cursor.encode();
        assert_eq!(Cursor::decode(&text, AccountOrder::Name).unwrap(), cursor);
        assert!(Cursor::decode(&text, AccountOrder::Email).is_err());
        assert!(Cursor::decode("%%%", AccountOrder::Name).is_err());
        assert!(Cursor::decode("", AccountOrder::Name).is_err());
    }

    #[test]
    fn a_time_must_be_a_number() {
        let cursor = Cursor { order: AccountOrder::Created, backwards: false, key: "soon".into(), id: "x".into() };
        assert!(Cursor::decode(&cursor.encode(), AccountOrder::Created).is_err());
    }
}
