//! One request of somebody: who, from where, in which form they want the answer.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use vestry_contract::types::Text;
use vestry_contract::ui::Level;
use vestry_identity::{Caller, CallerKind};
use vestry_phrases::Words;
use vestry_screen::{Frame, Person, Screens, Shown, Theme};

use crate::languages::Speech;
use crate::web::app::App;
use crate::web::listening::Listening;
use crate::web::nonce::Nonce;
use crate::web::{cookies, drawn_by, menu, session};

/// The facts of one request. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Visit(Arc<Facts>);

#[derive(Debug, Clone)]
struct Facts {
    app: App,
    nonce: Nonce,
    request_id: String,
    caller: Option<Arc<Caller>>,
    address: IpAddr,
    agent: String,
    host: String,
    listening: Option<Listening>,
    path: String,
    path_and_query: String,
    drawn_by: Option<String>,
    wants_data: bool,
    head: bool,
    theme: Theme,
    speech: Arc<Speech>,
    reads: String,
    notice: Option<(Level, String)>,
}

impl Visit {
    /// Gathers the facts of a request. Looks up the session: a microsecond where it is known already.
    #[must_use]
    pub fn gather(app: &App, request: &Request, peer: IpAddr) -> Self {
        let headers = request.headers();
        let nonce = request.extensions().get::<Nonce>().cloned();
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let whole = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
        let (path_and_query, drawn_by) = drawn_by::taken_from(whole);
        let (caller, accepted) = (session::caller(app, headers), text(header::ACCEPT_LANGUAGE).unwrap_or(""));
        let chosen = caller.as_ref().and_then(|caller| caller.language.as_deref());
        Self(Arc::new(Facts {
            nonce: nonce.unwrap_or_default(),
            request_id: new_request_id(),
            speech: app.languages().of_reader(chosen, accepted),
            reads: chosen.map_or_else(|| first_language(accepted), str::to_owned),
            caller,
            address: client_address(app, headers, peer),
            agent: text(header::USER_AGENT).unwrap_or("").chars().take(300).collect(),
            host: text(header::HOST).unwrap_or("").to_owned(),
            listening: request.extensions().get::<Listening>().copied(),
            path: request.uri().path().to_owned(),
            path_and_query,
            drawn_by,
            wants_data: wants_data(headers),
            head: request.method() == Method::HEAD,
            theme: match cookies::value(headers, "theme") {
                Some("light") => Theme::Light,
                Some("dark") => Theme::Dark,
                _ => Theme::Auto,
            },
            notice: cookies::value(headers, cookies::NOTICE).and_then(|value| app.keys().open_notice(value)),
            app: app.clone(),
        }))
    }

    /// The facts that were gathered for this request.
    #[must_use]
    pub fn of(app: &App, request: &Request) -> Self {
        let known = request.extensions().get::<Self>().cloned();
        known.unwrap_or_else(|| Self::gather(app, request, IpAddr::from([0, 0, 0, 0])))
    }

    #[must_use]
    pub fn app(&self) -> &App {
        &self.0.app
    }

    #[must_use]
    pub fn nonce(&self) -> &Nonce {
        &self.0.nonce
    }

    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    #[must_use]
    pub fn caller(&self) -> Option<&Arc<Caller>> {
        self.0.caller.as_ref()
    }

    /// Where the request comes from, past proxies that are trusted.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.0.address
    }

    #[must_use]
    pub fn agent(&self) -> &str {
        &self.0.agent
    }

    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.0.path_and_query
    }

    /// The version that drew the form which is sent, as far as that can be said: programs talk to what is mounted.
    #[must_use]
    pub fn drawn_by(&self) -> Option<&str> {
        let person = self.caller().is_none_or(|caller| caller.kind == CallerKind::Person);
        self.0.drawn_by.as_deref().filter(|_| person && !self.wants_data())
    }

    /// An API client rather than a browser.
    #[must_use]
    pub fn wants_data(&self) -> bool {
        self.0.wants_data
    }

    /// The headers alone are asked for: what is drawn, nobody sees.
    #[must_use]
    pub fn is_head(&self) -> bool {
        self.0.head
    }

    /// What the pages of this visit are in (BCP 47).
    #[must_use]
    pub fn language(&self) -> &str {
        self.0.speech.language().tag()
    }

    /// What the reader would like to read (BCP 47), whether it is offered or not.
    #[must_use]
    pub fn reads(&self) -> &str {
        &self.0.reads
    }

    /// The language of this visit, to be kept.
    #[must_use]
    pub fn speech(&self) -> Arc<Speech> {
        Arc::clone(&self.0.speech)
    }

    /// The templates, in the language of this visit.
    #[must_use]
    pub fn screens(&self) -> &Screens {
        self.0.speech.screens()
    }

    /// Scheme and host that absolute links start with: the public URL; without one what this request was sent to, if that
    /// is [this server's own](Listening::named), else the address that it listens on. A plugin may mail such links to
    /// others, so they must not lead where a stranger says.
    #[must_use]
    pub fn origin(&self) -> String {
        let own = || self.0.listening.map_or_else(|| "http://localhost".to_owned(), Listening::origin);
        self.mailed_origin().unwrap_or_else(own)
    }

    /// The same for a link that is mailed at the wish of somebody unknown; none where the request was sent to a name that
    /// may be somebody else's, so that they are told what is to be set.
    #[must_use]
    pub fn mailed_origin(&self) -> Option<String> {
        match &self.app().settings().public_url {
            Some(url) => Some(url.origin().ascii_serialization()),
            None => self.0.listening?.named(&self.0.host),
        }
    }

    /// Whether a notice came along from the page before, which this answer will show.
    #[must_use]
    pub fn has_notice(&self) -> bool {
        self.0.notice.is_some()
    }

    /// Words of a plugin for the server's own pages, the menu, and what is said beside a page. Their place is the plugin's
    /// mount and never this visit's address, which may be a link that is a secret.
    #[must_use]
    pub fn text<'t>(&self, plugin: &str, text: &'t Text) -> Cow<'t, str> {
        self.text_at(plugin, text, || {
            let snapshot = self.app().registry().snapshot();
            snapshot.by_id(plugin).map(|plugin| format!("/{}", plugin.mount)).unwrap_or_default()
        })
    }

    /// Words of a plugin for the screen, shown at that place. That it has them is noted, for who translates them.
    #[must_use]
    pub fn text_at<'t>(&self, plugin: &str, text: &'t Text, place: impl FnOnce() -> String) -> Cow<'t, str> {
        let phrase = match text {
            Text::Phrase(phrase) => phrase,
            Text::Filled(filled) => &filled.phrase,
            Text::Data(words) => return Cow::Borrowed(words),
        };
        self.app().languages().noted().note(plugin, phrase, place);
        self.0.speech.text(plugin, text)
    }

    /// Words of the server itself.
    #[must_use]
    pub fn words(&self, words: &Words) -> String {
        self.0.speech.words(words)
    }

    /// A phrase of the server itself.
    #[must_use]
    pub fn phrase<'p>(&'p self, phrase: &'p str) -> &'p str {
        self.0.speech.phrase(phrase)
    }

    /// What stands around a page.
    #[must_use]
    pub fn frame(&self) -> Frame {
        let facts = &self.0;
        Frame {
            language: self.language().to_owned(),
            direction: facts.speech.direction(),
            theme: facts.theme,
            nonce: facts.nonce.as_str().to_owned(),
            request_id: facts.request_id.clone(),
            menu: menu::html(self),
            actor: facts
                .caller
                .as_ref()
                .map(|caller| Person { name: caller.name.clone(), email: caller.email.clone().unwrap_or_default() }),
            notices: facts.notice.iter().map(|(level, text)| Shown { level: *level, text: text.clone() }).collect(),
            product: facts.app.settings().product.clone(),
            focus: false,
        }
    }

    /// One of the host's own pages.
    #[must_use]
    pub fn host_page(&self, status: StatusCode, template: &str, context: &impl Serialize) -> Response {
        self.draw(status, template, &self.frame(), context)
    }

    fn draw(&self, status: StatusCode, template: &str, frame: &Frame, context: &impl Serialize) -> Response {
        match self.screens().host(template, frame, context) {
            Ok(html) => self.shown((status, Html(html)).into_response()),
            Err(error) => {
                tracing::error!(%error, template, "a page of the server could not be drawn");
                (StatusCode::INTERNAL_SERVER_ERROR, "The server could not draw this page. Its log says why.\n")
                    .into_response()
            }
        }
    }

    /// The same without menu and chrome, for who is not signed in or is asked something.
    #[must_use]
    pub fn focused_page(&self, status: StatusCode, template: &str, context: &impl Serialize) -> Response {
        self.draw(status, template, &Frame { focus: true, ..self.frame() }, context)
    }

    /// The same visit with a form that this version drew.
    #[must_use]
    pub fn with_drawn_by(&self, drawn_by: Option<String>) -> Self {
        Self(Arc::new(Facts { drawn_by, ..Facts::clone(&self.0) }))
    }

    /// The same visit as if it were another request of the same person: one that is made again after a yes.
    #[must_use]
    pub fn at(&self, path: &str, query: &[(String, String)]) -> Self {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let facts = &self.0;
        Self(Arc::new(Facts {
            app: facts.app.clone(),
            nonce: facts.nonce.clone(),
            request_id: facts.request_id.clone(),
            caller: facts.caller.clone(),
            address: facts.address,
            agent: facts.agent.clone(),
            host: facts.host.clone(),
            listening: facts.listening,
            path: path.to_owned(),
            path_and_query: if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") },
            drawn_by: None,
            wants_data: facts.wants_data,
            head: facts.head,
            theme: facts.theme,
            speech: Arc::clone(&facts.speech),
            reads: facts.reads.clone(),
            notice: None,
        }))
    }

    /// The same visit with the rights that its maker has at this moment.
    #[must_use]
    pub fn with_caller(&self, caller: Arc<Caller>) -> Self {
        Self(Arc::new(Facts { caller: Some(caller), ..Facts::clone(&self.0) }))
    }

    /// Marks a page as having shown its notice, so that the next one does not.
    #[must_use]
    pub fn shown(&self, mut response: Response) -> Response {
        if self.has_notice() {
            cookies::add(&mut response, &cookies::removed(cookies::NOTICE, self.app().settings().is_secure()));
        }
        response
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Whether the answer should be data: JSON is asked for before HTML.
fn wants_data(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else { return false };
    accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or("").trim())
        .find_map(|range| match range {
            "application/json" | "application/problem+json" => Some(true),
            "text/html" | "application/xhtml+xml" => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

/// The address of the client: the last one in `X-Forwarded-For` that no trusted proxy stands for.
fn client_address(app: &App, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    let mut address = peer.to_canonical();
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in forwarded.iter().rev() {
        if !app.settings().trusts(address) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(hop) => address = hop.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

/// The language that is asked for first (RFC 9110, section 12.5.4); English where none is.
fn first_language(accepted: &str) -> String {
    let first = accepted.split(',').next().and_then(|range| range.split(';').next()).unwrap_or("").trim();
    let plausible =
        (2..=35).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plausible { first.to_owned() } else { "en".to_owned() }
}

/// Sixteen characters that nobody can mistype: 80 random bits in Crockford's alphabet.
fn new_request_id() -> String {
    let mut bytes = [0; 10];
    // A request without a random id is still a request; the nonce is what must not be guessed, and has its own check.
    let _ = getrandom::fill(&mut bytes);
    data_encoding::BASE32_DNSCURVE.encode(&bytes)
}
