//! What is wrong with a file that is no template, and what can be done about it.

use vestry_docx_fields::{Wrong, bounds};
use vestry_sdk::prelude::*;

const MIB: usize = 1 << 20;

pub fn words(wrong: Wrong) -> Text {
    match wrong {
        Wrong::Empty => "This file is empty. Choose the one that has the template in it.".into(),
        Wrong::TooLarge => text!("This file is larger than {most} MiB.", most = bounds::LARGEST_FILE / MIB),
        Wrong::Other(what) => text!("This is {what}", what = ended(what)),
        Wrong::NoZip => "This is not a DOCX file. In Word, save it as “Word document (.docx)” first.".into(),
        Wrong::Damaged(why) => {
            text!("This DOCX file is damaged: {why}. Open it in Word, save it again, and choose the new file.", why)
        }
        Wrong::TooManyEntries => text!(
            "This DOCX file has more than {most} parts. Save it again in Word, or take pictures out.",
            most = bounds::MOST_ENTRIES
        ),
        Wrong::Encrypted => "This DOCX file is encrypted. Save it without a password first.".into(),
        Wrong::Twice(part) => text!(
            "“{part}” stands in this DOCX file twice, so that two programs would read two documents. Save it again in Word.",
            part
        ),
        Wrong::Method(part) => {
            text!("“{part}” is packed in a way that a DOCX file does not know. Save it again in Word.", part)
        }
        Wrong::Missing(part) => {
            text!("This file holds no document of Word: “{part}” is missing. Choose a DOCX file.", part)
        }
        Wrong::TooMuch => text!(
            "This document unpacks to more than {most} MiB of text. Take a part of it.",
            most = bounds::MOST_UNPACKED / MIB
        ),
        Wrong::Checksum(part) => text!(
            "This DOCX file is damaged: “{part}” holds something else than it announces. Open it in Word and save it again.",
            part
        ),
        Wrong::Xml { part, words } => text!(
            "This DOCX file is damaged: “{part}” cannot be read: {words}. Open it in Word and save it again.",
            part,
            words
        ),
        Wrong::Entities(part) => text!(
            "“{part}” declares a document type or entities, which a DOCX file must not. Save it again in Word.",
            part
        ),
        Wrong::TooDeep(part) => text!(
            "“{part}” has elements more than {most} deep in each other. Save it again in Word.",
            part,
            most = bounds::DEEPEST_XML
        ),
        Wrong::TooMuchText(part) => text!(
            "“{part}” has more than {most} MiB of text. Take a part of it.",
            part,
            most = bounds::LONGEST_TEXT / MIB
        ),
        Wrong::TooManyPieces(part) => text!(
            "“{part}” has more than {most} paragraphs, rows and cells. Take a part of it.",
            part,
            most = bounds::MOST_PIECES
        ),
        Wrong::TooManyParts => text!(
            "This document has more than {most} headers, footers and notes. Take a part of it.",
            most = bounds::MOST_PARTS
        ),
    }
}

/// As a sentence.
fn ended(words: &str) -> String {
    if words.ends_with('.') { words.to_owned() } else { format!("{words}.") }
}
