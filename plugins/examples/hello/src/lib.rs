//! The smallest useful plugin: a page that greets, a form, and what the form did.

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.example.hello", "Hello")
        .summary("Greets people.")
        .route(get("home", "/").for_signed_in().to(home))
        .route(post("wave", "/wave").for_signed_in().to(wave))
        .menu("Hello", "home", "hand-stop")
}

fn home(request: &Request) -> Result<Page> {
    greeting(request, Form::new(Action::new("Wave", "wave").primary()).field(Field::text("to", "To whom").required()))
}

fn wave(request: &Request) -> Result<Response> {
    let waved = request.form("to").required().map(|name| Redirect::to("home").done(text!("You waved to {name}.", name)));
    waved.or_invalid(|errors| {
        let form = Form::new(Action::new("Wave", "wave").primary()).field(Field::text("to", "To whom").required());
        greeting(request, form.refill(request).errors(errors))
    })
}

fn greeting(request: &Request, form: Form) -> Result<Page> {
    Ok(Page::new("Hello").block("greeting", prose(text!("Good day, {name}.", name = request.actor_name()))).block("wave", form))
}
