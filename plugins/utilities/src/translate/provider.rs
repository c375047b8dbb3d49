//! Who translates: a server that understands the calls of DeepL or of Google, named by the configuration.

use serde::{Deserialize, Serialize};
use serde_json::json;
use vestry_sdk::http::{self, Incoming};
use vestry_sdk::prelude::*;
use vestry_sdk::settings;

use super::protect;

/// The JSON Schema of [`Settings`].
pub const SETTINGS: &str = r#"{"type":"object","additionalProperties":false,"properties":{"translation":{"type":"object","additionalProperties":false,"required":["form","url"],"properties":{"form":{"enum":["deepl","google"]},"url":{"type":"string","pattern":"^https?://"},"batch":{"type":"integer","minimum":1,"maximum":50}}}}}"#;
/// The origin that may be called: that of the address in the settings.
pub const ORIGIN: &str = "setting:translation.url";
/// The secret that is sent along.
pub const KEY: &str = "translation-key";
/// How long an answer may take, in milliseconds.
const PATIENCE: u32 = 20_000;

#[derive(Default, Deserialize)]
struct Settings {
    translation: Option<Provider>,
}

/// Which calls are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Deepl,
    Google,
}

#[derive(Debug, Deserialize)]
pub struct Provider {
    form: Form,
    /// Without the path of the call.
    pub url: String,
    /// Texts of one call.
    #[serde(default = "usual_batch")]
    batch: u8,
}

const fn usual_batch() -> u8 {
    25
}

/// Who translates; none where the configuration names nobody.
pub fn configured() -> std::result::Result<Option<Provider>, String> {
    let settings: Settings = serde_json::from_str(&settings::get()).map_err(|wrong| wrong.to_string())?;
    Ok(settings.translation)
}

#[derive(Serialize)]
struct ForDeepl<'t> {
    text: &'t [String],
    source_lang: &'static str,
    target_lang: String,
    tag_handling: &'static str,
    ignore_tags: [&'static str; 1],
}

#[derive(Deserialize)]
struct OfDeepl {
    translations: Vec<TextOfDeepl>,
}

#[derive(Deserialize)]
struct TextOfDeepl {
    text: String,
}

#[derive(Deserialize)]
struct OfGoogle {
    data: DataOfGoogle,
}

#[derive(Deserialize)]
struct DataOfGoogle {
    translations: Vec<TextOfGoogle>,
}

#[derive(Deserialize)]
struct TextOfGoogle {
    #[serde(rename = "translatedText")]
    text: String,
}

impl Provider {
    pub fn batch(&self) -> usize {
        usize::from(self.batch.clamp(1, 50))
    }

    /// Each text in the language; none for one that came back without something that had to stay.
    pub fn translate(&self, texts: &[String], tag: &str) -> Result<Vec<Option<String>>> {
        let mut all = Vec::with_capacity(texts.len());
        for texts in texts.chunks(self.batch()) {
            let answers = self.ask(texts, tag)?;
            if answers.len() != texts.len() {
                return Err(odd());
            }
            all.extend(texts.iter().zip(answers).map(|(text, answer)| put_back(text, &answer)));
        }
        Ok(all)
    }

    fn ask(&self, texts: &[String], tag: &str) -> Result<Vec<String>> {
        let url = self.url.trim_end_matches('/');
        let (begin, end) = match self.form {
            Form::Deepl => ("<x>", "</x>"),
            Form::Google => ("<span translate=\"no\">", "</span>"),
        };
        let text: Vec<String> = texts.iter().map(|text| protect::marked(text, begin, end)).collect();
        let call = match self.form {
            Form::Deepl => {
                let asked = ForDeepl {
                    text: &text,
                    source_lang: "EN",
                    target_lang: for_deepl(tag),
                    tag_handling: "xml",
                    ignore_tags: ["x"],
                };
                http::post(format!("{url}/v2/translate"))
                    .secret("Authorization", "DeepL-Auth-Key ", KEY)
                    .json(json!(asked).to_string())
            }
            Form::Google => {
                let asked = json!({ "q": text, "source": "en", "target": for_google(tag), "format": "html" });
                http::post(format!("{url}/language/translate/v2"))
                    .secret("X-goog-api-key", "", KEY)
                    .json(asked.to_string())
            }
        };
        let answer = accepted(call.timeout(PATIENCE).send()?, tag)?;
        let odd = |_| odd();
        Ok(match self.form {
            Form::Deepl => {
                let answer: OfDeepl = serde_json::from_slice(&answer.body).map_err(odd)?;
                answer.translations.into_iter().map(|one| one.text).collect()
            }
            Form::Google => {
                let answer: OfGoogle = serde_json::from_slice(&answer.body).map_err(odd)?;
                answer.data.translations.into_iter().map(|one| one.text).collect()
            }
        })
    }
}

/// A text as it came back, without marks; with the spaces around it that the phrase has, which go to other words there.
fn put_back(text: &str, answer: &str) -> Option<String> {
    let words = protect::unmarked(answer)?;
    let words = words.trim();
    if words.is_empty() || protect::all_kept(text) != protect::all_kept(words) {
        return None;
    }
    let before = &text[..text.len() - text.trim_start().len()];
    let behind = &text[text.trim_end().len()..];
    Some(format!("{before}{words}{behind}"))
}

/// What may pass is `unavailable`, so that the job waits and tries again; anything else ends it.
fn accepted(answer: Incoming, tag: &str) -> Result<Incoming> {
    let failure = match answer.status {
        200..=299 => return Ok(answer),
        400 => Failure::NotFound(format!(
            "Who translates does not accept what it was asked; it may not know the language {tag}. It answered: {}",
            said(&answer)
        )),
        401 | 403 => Failure::Denied(format!(
            "Who translates does not accept the key. Set the secret `{KEY}` to one that is valid there, and check whether \
             `url` is the address for it."
        )),
        404 | 405 => Failure::NotFound(
            "There is nobody who translates at this address. Check `url` and `form` in the configuration.".to_owned(),
        ),
        429 => Failure::Unavailable("Who translates is asked too much at the moment.".to_owned()),
        456 => Failure::Unavailable("What may be translated with this key in this time is used up.".to_owned()),
        status => Failure::Unavailable(format!("Who translates answers with the status {status}.")),
    };
    Err(failure)
}

/// The beginning of an answer, on one line.
fn said(answer: &Incoming) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(&answer.body);
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST).collect()
}

fn odd() -> Failure {
    Failure::Unavailable("Who translates answers something that is no list of as many translations.".to_owned())
}

/// Tags that are called otherwise: the longest beginning counts.
const DEEPL: &[(&str, &str)] = &[
    ("en", "EN-US"),
    ("en-GB", "EN-GB"),
    ("es-419", "ES-419"),
    ("no", "NB"),
    ("pt", "PT-PT"),
    ("pt-BR", "PT-BR"),
    ("zh", "ZH-HANS"),
    ("zh-HK", "ZH-HANT"),
    ("zh-Hant", "ZH-HANT"),
    ("zh-MO", "ZH-HANT"),
    ("zh-TW", "ZH-HANT"),
];
const GOOGLE: &[(&str, &str)] = &[
    ("fr-CA", "fr-CA"),
    ("nb", "no"),
    ("pt-PT", "pt-PT"),
    ("zh", "zh-CN"),
    ("zh-HK", "zh-TW"),
    ("zh-Hant", "zh-TW"),
    ("zh-MO", "zh-TW"),
    ("zh-TW", "zh-TW"),
];

fn for_deepl(tag: &str) -> String {
    called(DEEPL, tag).map_or_else(|| language(tag).to_uppercase(), str::to_owned)
}

fn for_google(tag: &str) -> String {
    called(GOOGLE, tag).unwrap_or(language(tag)).to_owned()
}

fn called(names: &[(&str, &'static str)], tag: &str) -> Option<&'static str> {
    let is_of = |known: &str| tag == known || tag.strip_prefix(known).is_some_and(|rest| rest.starts_with('-'));
    let fitting = names.iter().filter(|(known, _)| is_of(known));
    fitting.max_by_key(|(known, _)| known.len()).map(|(_, name)| *name)
}

fn language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}
