//! What is wrong with a file that is no template, and what can be done about it.

use vestry_pdf_fields::{Wrong, bounds};
use vestry_sdk::prelude::*;

pub fn words(wrong: Wrong) -> Text {
    match wrong {
        Wrong::NotPdf => "This is not a PDF file. Choose one, or save what you have as PDF first.".into(),
        Wrong::TooLarge => text!("This file is larger than {most} MiB.", most = bounds::BYTES >> 20),
        Wrong::Damaged => {
            "This PDF file is damaged: neither pages nor fields were found in it. Open it in a PDF reader, save it again, and \
             choose the new file."
                .into()
        }
        Wrong::PasswordNeeded => {
            "This PDF file is encrypted. Type its password here, and choose the file again.".into()
        }
        Wrong::PasswordWrong => {
            "This is not the password of this PDF file. Type it again, and choose the file again.".into()
        }
        Wrong::Encryption => {
            "This PDF file is encrypted for certificates, or in a way that passwords do not open. Save it without encryption \
             first."
                .into()
        }
        Wrong::Unpacked => text!(
            "This PDF file unpacks to more than {most} MiB. Save it again with a PDF program, or take pages out.",
            most = bounds::UNPACKED >> 20
        ),
        Wrong::Work => {
            "This PDF file is too involved to be read: it has too many objects, or the same ones over and over. Save it again \
             with a PDF program, or take pages out."
                .into()
        }
    }
}
