//! The way of an answer out of the plugin: values laid into memory as the host reads them, by the Canonical ABI of the
//! component model (sections "Alignment", "Element Size" and "Storing").
//!
//! `build.rs` writes an implementation for each type of `wit/`; here are those of the types that they are made of. One
//! small function for each type keeps plugins small and quick to build: wit-bindgen's one function for all was 195 KB
//! of a component of 334. Strings and lists of numbers are handed over where they lie, without a copy, and nothing
//! is freed afterwards: the host drops the instance with the answer.
//!
//! There is no unsafe code here, though addresses are written down: what they lead to is leaked, and the host checks
//! each address and length against the plugin's memory.

use std::mem;

/// Zeroed memory, aligned to eight bytes.
#[derive(Debug)]
pub struct Area {
    words: Vec<u64>,
}

impl Area {
    fn new(bytes: usize) -> Self {
        Self { words: vec![0; bytes.div_ceil(8)] }
    }

    /// Writes a value of at most eight bytes at a place that is aligned to it. An area is as large as what is laid
    /// down in it, so there is a word at every place.
    fn put(&mut self, at: usize, value: u64) {
        if let Some(word) = self.words.get_mut(at / 8) {
            *word |= value << (at % 8 * 8);
        }
    }

    /// Writes where something lies, and how long it is.
    #[inline(never)]
    fn put_slice(&mut self, at: usize, address: usize, length: usize) {
        self.put(at, address as u64 & 0xffff_ffff);
        self.put(at + 4, length as u64);
    }

    /// Lays a field of a record down, and answers where it ends.
    pub fn field<T: Lower>(&mut self, at: usize, value: T) -> usize {
        let at = up(at, T::ALIGN);
        value.lower(self, at);
        at + T::SIZE
    }

    /// Says which case it is.
    pub fn tag(&mut self, at: usize, tag: u8) {
        self.put(at, tag.into());
    }

    /// Says which case it is, and lays down what is in it.
    pub fn case<T: Lower>(&mut self, tag: u8, at: usize, payload: usize, value: T) {
        self.tag(at, tag);
        value.lower(self, at + payload);
    }

    /// Where it lies, from now on for good.
    fn leak(self) -> usize {
        self.words.leak().as_ptr() as usize
    }
}

/// A type of the contract that can be handed to the host.
pub trait Lower: Sized {
    /// In bytes, padding included.
    const SIZE: usize;
    /// In bytes: 1, 2, 4 or 8.
    const ALIGN: usize;

    /// Lays it down at a place that is aligned to it. The area is zeroed.
    fn lower(self, area: &mut Area, at: usize);

    /// Lays a list of them down, and writes at `at` where it is.
    fn lower_list(list: Vec<Self>, area: &mut Area, at: usize) {
        let mut elements = Area::new(list.len() * Self::SIZE);
        let length = list.len();
        let mut list = list.into_iter();
        for (index, element) in list.by_ref().enumerate() {
            element.lower(&mut elements, index * Self::SIZE);
        }
        // It is empty, but only we know: this leaves out the code that would drop what remains.
        mem::forget(list);
        area.put_slice(at, elements.leak(), length);
    }
}

/// Lays a value down for good, and answers its address.
pub fn lowered<T: Lower>(value: T) -> u32 {
    let mut area = Area::new(T::SIZE);
    value.lower(&mut area, 0);
    area.leak() as u32
}

/// Size and alignment.
#[derive(Clone, Copy, Debug)]
struct Layout(usize, usize);

const fn layout<T: Lower>() -> Layout {
    Layout(T::SIZE, T::ALIGN)
}

const fn up(at: usize, align: usize) -> usize {
    at.next_multiple_of(align)
}

const fn record_align(fields: &[Layout]) -> usize {
    let (mut align, mut index) = (1, 0);
    while index < fields.len() {
        if fields[index].1 > align {
            align = fields[index].1;
        }
        index += 1;
    }
    align
}

const fn record_size(fields: &[Layout]) -> usize {
    let (mut size, mut index) = (0, 0);
    while index < fields.len() {
        size = up(size, fields[index].1) + fields[index].0;
        index += 1;
    }
    up(size, record_align(fields))
}

/// Where what is in a case starts, behind the tag of one byte.
const fn payload_at(cases: &[Layout]) -> usize {
    record_align(cases)
}

const fn variant_size(cases: &[Layout]) -> usize {
    let (mut largest, mut index) = (0, 0);
    while index < cases.len() {
        if cases[index].0 > largest {
            largest = cases[index].0;
        }
        index += 1;
    }
    up(payload_at(cases) + largest, record_align(cases))
}

macro_rules! numbers {
    ($($number:ty: $size:literal, |$value:ident| $bits:expr;)*) => {
        $(impl Lower for $number {
            const SIZE: usize = $size;
            const ALIGN: usize = $size;

            fn lower(self, area: &mut Area, at: usize) {
                let $value = self;
                area.put(at, $bits);
            }

            /// A list of numbers lies as the host reads it already.
            fn lower_list(list: Vec<Self>, area: &mut Area, at: usize) {
                area.put_slice(at, list.as_ptr() as usize, list.len());
                mem::forget(list);
            }
        })*
    };
}

numbers! {
    bool: 1, |value| value.into();
    u8: 1, |value| value.into();
    u16: 2, |value| value.into();
    u32: 4, |value| value.into();
    u64: 8, |value| value;
    i64: 8, |value| value as u64;
    f32: 4, |value| value.to_bits().into();
    f64: 8, |value| value.to_bits();
}

/// What a function answers that has nothing to say.
impl Lower for () {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;

    fn lower(self, _: &mut Area, _: usize) {}
}

impl Lower for String {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    fn lower(self, area: &mut Area, at: usize) {
        area.put_slice(at, self.as_ptr() as usize, self.len());
        mem::forget(self);
    }
}

impl<T: Lower> Lower for Vec<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    fn lower(self, area: &mut Area, at: usize) {
        T::lower_list(self, area, at);
    }
}

impl<T: Lower> Lower for Option<T> {
    const SIZE: usize = variant_size(&[layout::<T>()]);
    const ALIGN: usize = T::ALIGN;

    fn lower(self, area: &mut Area, at: usize) {
        if let Some(value) = self {
            area.case(1, at, T::ALIGN, value);
        }
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const SIZE: usize = variant_size(&[layout::<T>(), layout::<E>()]);
    const ALIGN: usize = record_align(&[layout::<T>(), layout::<E>()]);

    fn lower(self, area: &mut Area, at: usize) {
        match self {
            Ok(value) => area.case(0, at, Self::ALIGN, value),
            Err(failure) => area.case(1, at, Self::ALIGN, failure),
        }
    }
}

impl<A: Lower, B: Lower> Lower for (A, B) {
    const SIZE: usize = record_size(&[layout::<A>(), layout::<B>()]);
    const ALIGN: usize = record_align(&[layout::<A>(), layout::<B>()]);

    fn lower(self, area: &mut Area, at: usize) {
        let at = area.field(at, self.0);
        area.field(at, self.1);
    }
}

impl<A: Lower, B: Lower, C: Lower> Lower for (A, B, C) {
    const SIZE: usize = record_size(&[layout::<A>(), layout::<B>(), layout::<C>()]);
    const ALIGN: usize = record_align(&[layout::<A>(), layout::<B>(), layout::<C>()]);

    fn lower(self, area: &mut Area, at: usize) {
        let at = area.field(at, self.0);
        let at = area.field(at, self.1);
        area.field(at, self.2);
    }
}

include!(concat!(env!("OUT_DIR"), "/lower.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_canonical_abi() {
        assert_eq!((<(bool, u32)>::SIZE, <(bool, u32)>::ALIGN), (8, 4));
        assert_eq!((Option::<u64>::SIZE, Option::<u64>::ALIGN), (16, 8));
        assert_eq!((Option::<u8>::SIZE, Option::<String>::SIZE), (2, 12));
        assert_eq!(Result::<u8, u64>::SIZE, 16);
        assert_eq!((Result::<(), String>::SIZE, Result::<(), ()>::SIZE), (12, 1));
    }

    #[test]
    fn values_lie_where_they_should() {
        let mut area = Area::new(32);
        (true, 0x0102_0304_u32, Some(7_u64)).lower(&mut area, 0);
        assert_eq!(area.words, [0x0102_0304_0000_0001, 1, 7, 0]);
    }

    #[test]
    fn lists_of_numbers_are_not_copied() {
        let (numbers, mut area) = (vec![1_u32, 2, 3], Area::new(8));
        let address = numbers.as_ptr() as u64 & 0xffff_ffff;
        numbers.lower(&mut area, 0);
        assert_eq!(area.words, [3 << 32 | address]);
    }
}
