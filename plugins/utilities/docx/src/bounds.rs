//! How much of a file is taken. What lies beyond is refused with a sentence, or said in a note.

/// Bytes of a file.
pub const LARGEST_FILE: usize = 16 << 20;
/// Entries of its ZIP. A long report with a picture on each page has some hundred.
pub const MOST_ENTRIES: usize = 5_000;
/// Bytes of an entry's name.
pub const LONGEST_NAME: usize = 255;
/// Bytes of XML that are unpacked, of all parts together.
pub const MOST_UNPACKED: usize = 16 << 20;
/// Bytes of text that are kept of a part. A long novel has one million.
pub const LONGEST_TEXT: usize = 4 << 20;
/// How deep elements lie in each other. Word stops at far less.
pub const DEEPEST_XML: usize = 256;
/// Paragraphs, rows and cells of a part, and pieces of text that lie apart.
pub const MOST_PIECES: usize = 200_000;
/// Parts that are read: the document, headers, footers, notes, comments.
pub const MOST_PARTS: usize = 200;
/// Tags of Jinja in a part.
pub const MOST_TAGS: usize = 10_000;
/// Names that are used or set in all tags together, with the loops and conditions.
pub const MOST_USES: usize = 20_000;
/// Bytes of one tag, from `{{` to `}}`.
pub const LONGEST_TAG: usize = 4_000;
/// How deep blocks (`for`, `if`...) lie in each other.
pub const DEEPEST_BLOCKS: usize = 64;
/// How deep brackets lie in each other.
pub const DEEPEST_BRACKETS: usize = 64;
/// Bytes of a variable with its attributes; what is longer is cut off.
pub const LONGEST_PATH: usize = 200;
/// Syntax errors, and notes, that are told; reading ends with that many errors.
pub const MOST_ERRORS: usize = 100;
/// Content controls that are told, of all parts together.
pub const MOST_CONTROLS: usize = 5_000;
/// Fields of Word that are told, of all parts together.
pub const MOST_FIELDS: usize = 5_000;
/// Choices of one content control.
pub const MOST_CHOICES: usize = 500;
/// Choices of all content controls together.
pub const MOST_CHOICES_OF_ALL: usize = 20_000;
/// Objects, and lists, that the block to copy makes.
pub const MOST_OBJECTS: usize = 1_000;
/// Characters of a text that is shown: of a paragraph, a control, a condition.
pub const LONGEST_SHOWN: usize = 300;
