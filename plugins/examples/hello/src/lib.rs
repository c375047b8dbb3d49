//! The smallest useful plugin: a page that greets, a form, and what the form did.

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.example.hello", "Hello")
        .summary("Greets people.")
        .wish(Capability::Identity, "To greet people by their names.")
        .route(get("home", "/").for_signed_in().to(|request| Ok(page(request, form()))))
        .route(post("wave", "/wave").for_signed_in().to(wave))
        .menu("Hello", "home", "hand-stop")
}

fn page(request: &Request, form: Form) -> Page {
    let greeting = match request.actor_name() {
        "" => "Good day.".into(),
        name => text!("Good day, {name}.", name),
    };
    Page::new("Hello").block("greeting", prose(greeting)).block("wave", form)
}

fn form() -> Form {
    Form::new(Action::new("Wave", "wave").primary()).field(Field::text("to", "To whom").required())
}

fn wave(request: &Request) -> Result<Response> {
    let waved =
        request.form("to").required().map(|name| Redirect::to("home").done(text!("You waved to {name}.", name)));
    waved.or_invalid(|errors| Ok(page(request, form().refill(request).errors(errors))))
}
