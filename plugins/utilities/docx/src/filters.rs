//! Filters that are known, and who brings them.

use crate::template::Origin;

/// Jinja 3.1.
const JINJA: &str = "abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape \
    format groupby indent int items join last length list lower map max min pprint random reject rejectattr \
    replace reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique \
    upper urlencode urlize wordcount wordwrap xmlattr";
/// What docassemble 1.10 adds for DOCX templates.
const DOCASSEMBLE: &str = "RichText add_separators all alpha ampersand_filter any bold chain comma_and_list comma_list country_name \
    currency day_of dow_of fix_punctuation format_date format_datetime format_time inline_markdown italic \
    manual_line_breaks markdown month_of nice_number ordinal ordinal_number paragraphs phone_number_formatted \
    phone_number_in_e164 qr_code redact roman salutation single_paragraph title_case verbatim word year_of";

pub(crate) fn origin(name: &str) -> Origin {
    let known = [(JINJA, Origin::Jinja), (DOCASSEMBLE, Origin::Docassemble)];
    known
        .iter()
        .find(|(names, _)| names.split(' ').any(|known| known == name))
        .map_or(Origin::Unknown, |(_, origin)| *origin)
}
