//! A visitor's e-mail address: asked for by the panel `address`, confirmed with a link that was mailed there.
//!
//! The plugin on whose page the panel stands learns neither the address nor that one was typed: it can have mails sent to
//! "this visitor", and is told whether there is somebody to send to. An address belongs to a visitor as one plugin knows
//! them; another plugin asks anew. Whoever is signed in has their account's address, and is not asked.
//!
//! Mails to addresses that nobody has confirmed can be used to bother people, so few are sent: three to one address in an
//! hour, ten for one client, a hundred for one plugin, and five hundred in all, because who has many networks is many
//! clients. The link shows a button before it counts, because programs that look for harmful mails open every link.

use std::net::IpAddr;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use vestry_capabilities::{HostMail, SealedMail, Template};
use vestry_contract::ui::Level;
use vestry_events::Event;
use vestry_identity::LinkToken;
use vestry_mail::Address;
use vestry_phrases::{Words, words};
use vestry_screen::Html;
use vestry_storage::{AddressLink, Quota, StorageError};

use crate::web::app::App;
use crate::web::body;
use crate::web::client::network;
use crate::web::dispatch::blocking;
use crate::web::next::Next;
use crate::web::notice;
use crate::web::problem::Problem;
use crate::web::visit::Visit;
use crate::web::visitor;

/// What a plugin must have been granted for its visitors to be asked.
const INTERFACE: &str = "vestry:plugin/mail";
/// How long a link counts, in milliseconds.
const LINK_LASTS: u64 = 3_600_000;
/// Mails to one address, on behalf of one client, for one plugin, and in all.
const TO_ADDRESS: Quota = Quota { most: 3, within: 3_600_000 };
const FOR_CLIENT: Quota = Quota { most: 10, within: 3_600_000 };
const FOR_PLUGIN: Quota = Quota { most: 100, within: 3_600_000 };
const IN_ALL: Quota = Quota { most: 500, within: 3_600_000 };

/// What the panel shows.
#[derive(Serialize)]
struct Panel<'a> {
    plugin: &'a str,
    /// The page that it stands on.
    back: &'a str,
    /// Of the account of whoever is signed in; empty where it has none.
    account: Option<&'a str>,
    /// What this visitor has confirmed.
    confirmed: Option<String>,
}

#[derive(Serialize)]
struct Question<'a> {
    address: &'a str,
    action: &'a str,
    /// Title of the plugin that mails may come from.
    plugin: String,
}

/// The panel `address` on a page of a plugin. `visitor`: as the plugin knows them, empty for nobody. None where the plugin
/// may send no mails, so that the page says that there is nothing to see.
#[must_use]
pub fn panel(app: &App, visit: &Visit, plugin: &str, visitor: &str) -> Option<Html> {
    if !may_send(app, plugin).ok()? {
        return None;
    }
    let confirmed = match visit.caller() {
        Some(_) => None,
        None if visitor.is_empty() => return None,
        None => app.database().read(|reader| reader.visitor_address(plugin, visitor)).ok()?,
    };
    let account = visit.caller().map(|caller| caller.email.as_deref().unwrap_or_default());
    let context = Panel { plugin, back: visit.path_and_query(), account, confirmed };
    match visit.screens().host("panels/address.html", &visit.frame(), &context) {
        Ok(drawn) => Some(Html::trusted(drawn)),
        Err(error) => {
            tracing::error!(%error, "the panel `address` could not be drawn");
            None
        }
    }
}

/// `POST /account/address`, fields `plugin`, `email`, `back`: mails a link to an address that a visitor gives.
pub async fn ask(State(app): State<App>, visit: Visit, headers: HeaderMap, request: Request) -> Response {
    match mail_link(&app, &visit, &headers, request).await {
        Ok(response) => response,
        Err(problem) => problem.to_response(&visit),
    }
}

/// `POST /account/address/forget`, fields `plugin`, `back`.
pub async fn forget(State(app): State<App>, visit: Visit, headers: HeaderMap, request: Request) -> Response {
    match forget_address(&app, &visit, &headers, request).await {
        Ok(response) => response,
        Err(problem) => problem.to_response(&visit),
    }
}

/// `GET /account/address/TOKEN`: what is about to be confirmed, and a button.
pub async fn page(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Response {
    let now = app.identity().clock().now();
    let found = LinkToken::parse(&token)
        .map(|token| app.database().read(|reader| reader.address_link(&token.hash(), now)))
        .transpose();
    let link = match found {
        Ok(found) => found.flatten(),
        Err(error) => return Problem::internal(&error).to_response(&visit),
    };
    let Some(link) = link else { return over().to_response(&visit) };
    let snapshot = app.registry().snapshot();
    let plugin = snapshot.by_id(&link.plugin).map(|plugin| visit.text(&link.plugin, &plugin.info.title).into_owned());
    let context = Question {
        address: &link.address,
        action: visit.path(),
        plugin: plugin.unwrap_or_else(|| link.plugin.clone()),
    };
    visit.focused_page(StatusCode::OK, "account/address.html", &context)
}

/// `POST /account/address/TOKEN`: the address is confirmed.
pub async fn confirm(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Response {
    let Some(token) = LinkToken::parse(&token) else { return over().to_response(&visit) };
    let (database, now) = (app.database().clone(), app.identity().clock().now());
    match blocking(move || database.write(|tx| tx.confirm_address(&token.hash(), now))).await {
        Ok(Ok(Some(link))) => back(&visit, &link.back, Level::Success, &words!("Your address is confirmed.")),
        Ok(Ok(None)) => over().to_response(&visit),
        Ok(Err(error)) => Problem::internal(&error).to_response(&visit),
        Err(problem) => problem.to_response(&visit),
    }
}

async fn mail_link(app: &App, visit: &Visit, headers: &HeaderMap, request: Request) -> Result<Response, Problem> {
    let fields = body::fields(request.into_body()).await?;
    let (plugin, to) = (fields.value("plugin"), Next::parse(fields.value("back")));
    let visitor = visitor_of(app, visit, headers, plugin)?;
    let Ok(address) = fields.value("email").trim().parse::<Address>() else {
        let words = words!("That is not an e-mail address. Write it like anna@example.org.");
        return Ok(back(visit, to.as_str(), Level::Danger, &words));
    };
    let address = address.to_string();
    let token = LinkToken::generate().map_err(|error| Problem::internal(&error))?;
    let mail = sealed(app, visit, &visitor, &address, &token)?;
    let now = app.identity().clock().now();
    let link = AddressLink {
        hash: token.hash(),
        plugin: plugin.to_owned(),
        visitor,
        address: address.clone(),
        back: to.as_str().to_owned(),
        created: now,
        expires: now + LINK_LASTS,
    };
    let (database, client) = (app.database().clone(), visit.address());
    let queued = blocking(move || queue(&database, &link, &mail, client, now)).await?;
    if !queued.map_err(|error| Problem::internal(&error))? {
        let detail =
            words!("Too many mails were asked for, for this address, from here or in all. Try again in an hour.");
        return Err(Problem::too_many(detail, LINK_LASTS / 1_000));
    }
    app.services().events.publish(&Event::Work);
    let words = words!("We have sent a mail to {address}. Open the link in it within an hour.", address);
    Ok(back(visit, to.as_str(), Level::Success, &words))
}

/// Keeps the link and puts the mail into the queue; answers whether that is not too often.
fn queue(
    database: &vestry_storage::Database,
    link: &AddressLink,
    mail: &SealedMail,
    client: IpAddr,
    now: u64,
) -> Result<bool, StorageError> {
    let counted = [
        (subject("mail-for", &network(client)), FOR_CLIENT),
        (subject("mail-to", &link.address.to_lowercase()), TO_ADDRESS),
        (subject("mail-by", &link.plugin), FOR_PLUGIN),
        (subject("mail-in-all", ""), IN_ALL),
    ];
    database.write(|tx| {
        // What is refused for one reason counts for none.
        tx.part(|tx| {
            let mut few = true;
            for (subject, quota) in &counted {
                few = few && tx.count_within(subject, *quota, now)?;
            }
            if few {
                tx.replace_address_link(link)?;
                mail.queue(tx, now)?;
            }
            Ok((few, few))
        })
    })
}

fn sealed(app: &App, visit: &Visit, visitor: &str, address: &str, token: &LinkToken) -> Result<SealedMail, Problem> {
    let origin = visit.mailed_origin().ok_or_else(|| {
        Problem::not_set_up(words!("The server does not know its own address: an administrator sets `public-url`."))
    })?;
    let link = format!("{origin}/account/address/{}", token.expose());
    let (template, language) = (Template::Address, visit.language());
    let mail = HostMail { template, recipient: visitor, address, name: "", by: "", link: &link, language };
    mail.seal(app.services().secrets.vault()).map_err(|error| Problem::internal(&error))
}

async fn forget_address(app: &App, visit: &Visit, headers: &HeaderMap, request: Request) -> Result<Response, Problem> {
    let fields = body::fields(request.into_body()).await?;
    let plugin = fields.value("plugin").to_owned();
    let visitor = visitor_of(app, visit, headers, &plugin)?;
    let database = app.database().clone();
    blocking(move || database.write(|tx| tx.forget_visitor_address(&plugin, &visitor)))
        .await?
        .map_err(|error| Problem::internal(&error))?;
    let to = Next::parse(fields.value("back"));
    Ok(back(visit, to.as_str(), Level::Success, &words!("Your address is forgotten here.")))
}

/// Who it is, as the plugin knows them.
fn visitor_of(app: &App, visit: &Visit, headers: &HeaderMap, plugin: &str) -> Result<String, Problem> {
    if visit.caller().is_some() {
        return Err(Problem::bad_request(words!("You are signed in: mails go to your account's address.")));
    }
    if !may_send(app, plugin).map_err(|error| Problem::internal(&error))? {
        return Err(Problem::not_found());
    }
    let browser = visitor::known(headers).ok_or_else(|| {
        Problem::bad_request(words!(
            "Your browser does not say that it was here before. Allow cookies, open the page again and repeat."
        ))
    })?;
    Ok(app.keys().visitor(plugin, browser))
}

fn may_send(app: &App, plugin: &str) -> Result<bool, StorageError> {
    let snapshot = app.registry().snapshot();
    let Some(plugin) = snapshot.by_id(plugin) else { return Ok(false) };
    Ok(app.services().grants(&plugin.subject.id, &plugin.subject.digest)?.holds_interface(INTERFACE))
}

fn back(visit: &Visit, to: &str, level: Level, words: &Words) -> Response {
    let mut response = Redirect::to(to).into_response();
    notice::put(visit.app(), &mut response, level, &visit.words(words));
    response
}

fn over() -> Problem {
    Problem::gone(words!("This link was used already, is older than an hour, or was followed by another one."))
}

/// What is counted, so that nobody can read it from the database.
fn subject(kind: &str, what: &str) -> String {
    let hash = Sha256::digest(what.as_bytes());
    format!("{kind}:{}", data_encoding::HEXLOWER.encode(&hash[..16]))
}
