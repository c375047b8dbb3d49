//! The formats, and which one a file is in.

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people who write by hand, and for catalogues that come with a program.
    Yaml,
    /// A workbook of Excel.
    Xlsx,
    /// For programs of translators: XLIFF 1.2.
    Xliff,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Yaml, Self::Xlsx, Self::Xliff];

    /// How names of such files end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yml",
            Self::Xlsx => "xlsx",
            Self::Xliff => "xlf",
        }
    }

    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Yaml => "application/yaml",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xliff => "application/x-xliff+xml",
        }
    }

    /// By how a file begins: names of files cannot be trusted, and some tools rename them.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"PK") || bytes.starts_with(OLE) {
            return Self::Xlsx;
        }
        match without_mark(bytes).trim_ascii_start().first() {
            Some(b'<') => Self::Xliff,
            _ => Self::Yaml,
        }
    }
}

/// What the container of old Office begins with.
pub(crate) const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Without the mark of byte order, which editors on Windows put in front.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// Which way the language of the translations is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    #[default]
    LeftToRight,
    RightToLeft,
}
