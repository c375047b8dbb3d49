//! Adding a language, by its tag or one of those that are often wanted.

use vestry_sdk::phrases;
use vestry_sdk::prelude::*;

use super::{languages, named};

/// The form's field.
const TAG: &str = "tag";

/// Languages that are suggested: what they are called in English and by who speaks them. Any other tag can be typed.
const SUGGESTED: &[(&str, &str)] = &[
    ("ar", "Arabic · العربية"),
    ("bg", "Bulgarian · български"),
    ("bn", "Bengali · বাংলা"),
    ("ca", "Catalan · català"),
    ("cs", "Czech · čeština"),
    ("da", "Danish · dansk"),
    ("de", "German · Deutsch"),
    ("el", "Greek · Ελληνικά"),
    ("es", "Spanish · español"),
    ("et", "Estonian · eesti"),
    ("fa", "Persian · فارسی"),
    ("fi", "Finnish · suomi"),
    ("fr", "French · français"),
    ("he", "Hebrew · עברית"),
    ("hi", "Hindi · हिन्दी"),
    ("hr", "Croatian · hrvatski"),
    ("ht", "Haitian Creole · Kreyòl ayisyen"),
    ("hu", "Hungarian · magyar"),
    ("id", "Indonesian · Indonesia"),
    ("it", "Italian · italiano"),
    ("ja", "Japanese · 日本語"),
    ("ko", "Korean · 한국어"),
    ("lt", "Lithuanian · lietuvių"),
    ("lv", "Latvian · latviešu"),
    ("nb", "Norwegian Bokmål · norsk bokmål"),
    ("nl", "Dutch · Nederlands"),
    ("pl", "Polish · polski"),
    ("pt", "Portuguese · português"),
    ("pt-BR", "Brazilian Portuguese · português (Brasil)"),
    ("ro", "Romanian · română"),
    ("ru", "Russian · русский"),
    ("sk", "Slovak · slovenčina"),
    ("sl", "Slovenian · slovenščina"),
    ("so", "Somali · Soomaali"),
    ("sv", "Swedish · svenska"),
    ("th", "Thai · ไทย"),
    ("tl", "Tagalog"),
    ("tr", "Turkish · Türkçe"),
    ("uk", "Ukrainian · українська"),
    ("ur", "Urdu · اردو"),
    ("vi", "Vietnamese · Tiếng Việt"),
    ("zh-Hans", "Simplified Chinese · 简体中文"),
    ("zh-Hant", "Traditional Chinese · 繁體中文"),
];

pub fn form() -> Form {
    let suggested = SUGGESTED.iter().map(|(tag, name)| Choice::new(*tag, data(*name)));
    let field = Field::combobox(TAG, "Tag of the language", suggested)
        .help("As in BCP 47, such as “es”, “pt-BR” or “zh-Hant”. Readers get it once you offer it.")
        .required();
    Form::new(Action::new("Add the language", "add-language").primary()).field(field)
}

pub fn add(request: &Request) -> Result<Response> {
    added(request).or_invalid(|errors| languages::page(|form| form.refill(request).errors(errors)))
}

fn added(request: &Request) -> Result<Redirect> {
    let tag = request.form(TAG).required()?;
    let language = phrases::describe(tag).map_err(at_field)?;
    if language.added {
        return Err(invalid(TAG, text!("{name} was added already.", name = named(&language))));
    }
    phrases::put_language(&language.tag, language.offered).map_err(at_field)?;
    let to = RouteRef::to("language").param("key", &language.tag);
    Ok(Redirect::to(to).done(text!("{name} is added.", name = named(&language))))
}

/// What is wrong with the tag, where it was typed.
fn at_field(failure: Failure) -> Failure {
    match failure {
        Failure::Invalid(errors) => {
            let message = errors.into_iter().next().map_or_else(Text::none, |error| error.message);
            invalid(TAG, message)
        }
        other => other,
    }
}
