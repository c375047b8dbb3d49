//! A part of a file (RFC 9110, section 14).

/// What is sent of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// From the first byte to the last, both counted.
    Bytes(u64, u64),
    /// The file has nothing of what is asked for.
    Nothing,
}

/// The part of a file of `size` bytes that the header `Range` asks for. Several parts, other units and what is not
/// understood stand for the whole, as the RFC allows.
#[must_use]
pub fn part(range: &str, size: u64) -> Part {
    let Some((unit, range)) = range.split_once('=') else { return Part::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") || range.contains(',') {
        return Part::Whole;
    }
    match (number(first), number(last)) {
        (Some(None), Some(Some(count))) => match count.min(size) {
            0 => Part::Nothing,
            count => Part::Bytes(size - count, size - 1),
        },
        (Some(Some(first)), Some(last)) => match last {
            Some(last) if last < first => Part::Whole,
            _ if first >= size => Part::Nothing,
            last => Part::Bytes(first, last.unwrap_or(u64::MAX).min(size - 1)),
        },
        _ => Part::Whole,
    }
}

/// A number, or none; the outer none is something else.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // More than a number can hold is behind the end of every file.
    digits.then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_or_else_the_whole() {
        for (range, expected) in [
            ("bytes=0-0", Part::Bytes(0, 0)),
            ("bytes=0-99", Part::Bytes(0, 99)),
            ("bytes=0-1000", Part::Bytes(0, 99)),
            ("bytes=10-", Part::Bytes(10, 99)),
            ("Bytes = 10-19", Part::Bytes(10, 19)),
            ("bytes=-10", Part::Bytes(90, 99)),
            ("bytes=-1000", Part::Bytes(0, 99)),
            ("bytes=99-99999999999999999999999", Part::Bytes(99, 99)),
            ("bytes=100-", Part::Nothing),
            ("bytes=99999999999999999999999-", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            ("bytes=20-10", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=1", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(range, 100), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Part::Nothing);
    }
}
