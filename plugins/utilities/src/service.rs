//! The two services that read templates: how each is called, what it takes and where it is.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    Pdf,
    Docx,
}

impl Service {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pdf => "Fields of a PDF template",
            Self::Docx => "Fields of a DOCX template",
        }
    }

    pub const fn summary(self) -> &'static str {
        match self {
            Self::Pdf => "Names, types, places and options of its fields, and an attachment block to copy.",
            Self::Docx => "Its variables, loops, conditions and filters, its mistakes, and a block to copy.",
        }
    }

    /// What the page says first.
    pub const fn lead(self) -> &'static str {
        match self {
            Self::Pdf => {
                "Choose a PDF with a form. You see what can be filled in, where it stands, and how it is called."
            }
            Self::Docx => "Choose a Word document with Jinja in it. You see what an interview has to give to it.",
        }
    }

    /// What the file is called where it is asked for.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pdf => "PDF file",
            Self::Docx => "DOCX file",
        }
    }

    /// How a result is marked among others.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "DOCX",
        }
    }

    /// The page with the form.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
        }
    }

    /// Where the form goes.
    pub const fn reads(self) -> &'static str {
        match self {
            Self::Pdf => "read-pdf",
            Self::Docx => "read-docx",
        }
    }

    /// How its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
        }
    }
}
