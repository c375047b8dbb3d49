//! How much of a file is read at most. A template of an office is far below all of them.

/// Bytes of a file.
pub const BYTES: usize = 16 << 20;

/// Bytes that all object streams and lists of objects of a file unpack to together.
pub const UNPACKED: usize = 8 << 20;

/// Bytes that one object takes in the file, without the content of a stream.
pub const OBJECT: usize = 1 << 20;

/// Objects of a file.
pub const OBJECTS: usize = 200_000;

/// Bytes of objects that are looked at, each time that one is: what bounds the time.
pub const WORK: usize = 32 << 20;

/// Bytes of text that a template holds, as they are written down: names, values, options, tooltips, and 64 bytes for each
/// place that has some.
pub const TEXT: usize = 6 << 20;

/// Bytes of one text; what is longer is cut.
pub const ONE_TEXT: usize = 32 << 10;

/// Bytes of the full name of a field.
pub const NAME: usize = 512;

/// Pages of a file.
pub const PAGES: usize = 5_000;

/// Annotations on all pages of a file: links and comments count, as well as the places of fields.
pub const ANNOTATIONS: usize = 50_000;

/// Fields of a file.
pub const FIELDS: usize = 10_000;

/// Places of all fields.
pub const PLACES: usize = 20_000;

/// Options of one field.
pub const OPTIONS: usize = 1_000;

/// Headings of a file.
pub const HEADINGS: usize = 2_000;

/// How deep pages, fields and headings stand in each other.
pub const DEPTH: usize = 32;

/// Increments of a file, each with a list of its objects.
pub const INCREMENTS: usize = 256;

/// Notes on a file; what is beyond is counted.
pub const NOTES: usize = 100;
