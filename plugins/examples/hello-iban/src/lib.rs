//! A utility of an organisation's own, in the list of Utilities beside those that are there: whether an IBAN can be right.
//!
//! It contributes one of its pages to the point where that list gets its entries from, so it needs no entry of the menu, and
//! no setting anywhere. Without the list nobody would find it; so it says that it needs the point.
//!
//! It calls no interface of the host, so an administrator is asked for nothing.

mod countries;
mod iban;

use vestry_sdk::prelude::*;

use iban::Iban;

vestry_sdk::plugin!(plugin);

/// Where the list of Utilities gets its entries from.
const UTILITIES: &str = "org.vestry.utilities/utilities";

fn plugin() -> Plugin {
    Plugin::new("org.example.hello-iban", "IBAN check")
        .summary("Says whether an IBAN can be right.")
        .need(UTILITIES, "0.1.0")
        .contribute(UTILITIES, "Check an IBAN", "Says whether a bank account's number can be right.", "form")
        .route(get("form", "/").for_signed_in().summary("Check an IBAN").to(|_| Ok(page(form()))))
        .route(post("check", "/").for_signed_in().to(check))
}

fn page(form: Form) -> Page {
    Page::new("Check an IBAN")
        .lead("Whether it can be right. Whether there is such an account, only its bank knows.")
        .block("check", form)
}

/// It is sent as a POST, so that no account's number stands in an address, and with it in histories and logs.
fn form() -> Form {
    // As data: a literal would be a phrase, and asked of translators.
    let example = data("DE89 3704 0044 0532 0130 00");
    let number = Field::text("iban", "IBAN").required().max_length(64).placeholder(example);
    Form::new(Action::new("Check", "check").primary()).field(number)
}

fn check(request: &Request) -> Result<Response> {
    let checked = read(request).map(|iban| page(form().refill(request)).block("result", result(&iban)));
    checked.or_invalid(|errors| Ok(page(form().refill(request).errors(errors))))
}

fn read(request: &Request) -> Result<Iban> {
    let typed = request.form("iban").required()?;
    Iban::parse(typed).map_err(|wrong| invalid("iban", wrong))
}

fn result(iban: &Iban) -> Content {
    facts([
        fact("IBAN", code(iban.groups())),
        // What a badge says is a phrase, and translated; as text the name would be shown as it is.
        fact("Country", badge(iban.country.name, Level::Success)),
        fact("Bank", code(iban.bank())),
        fact("Account, as the bank numbers it", code(iban.account())),
    ])
}
