//! An HTML page as a browser without scripts sees it: its words, links and forms.

use scraper::{ElementRef, Html, Selector};

/// A parsed page.
#[derive(Debug)]
pub struct Page {
    html: Html,
}

/// A form as it would be sent when nothing is typed: `fields` holds what is filled in, in the order of the page.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    pub fields: Vec<(String, String)>,
    /// Names of all its fields, also those that send nothing as they stand: unticked boxes, unpressed buttons.
    pub names: Vec<String>,
}

/// A button of a page: its words and the form that it sends, with its own name and value among the fields.
#[derive(Debug, Clone)]
pub struct Button {
    pub label: String,
    pub form: Form,
}

impl Page {
    pub fn parse(text: &str) -> Self {
        Self { html: Html::parse_document(text) }
    }

    pub fn title(&self) -> String {
        self.text("title")
    }

    /// The words of the first element that the selector finds, spaces put together; empty where there is none.
    pub fn text(&self, selector: &str) -> String {
        self.texts(selector).into_iter().next().unwrap_or_default()
    }

    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.html.select(&parsed(selector)).map(words).collect()
    }

    pub fn has(&self, selector: &str) -> bool {
        self.html.select(&parsed(selector)).next().is_some()
    }

    /// An attribute of each element that the selector finds and that has it.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        self.html.select(&parsed(selector)).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// Paths of this server that the page links to, without their fragments.
    pub fn links(&self) -> Vec<String> {
        let mut links = self.attributes("a[href]", "href");
        links.retain(|link| link.starts_with('/') && !link.starts_with("//"));
        for link in &mut links {
            link.truncate(link.find('#').unwrap_or(link.len()));
        }
        links
    }

    pub fn forms(&self) -> Vec<Form> {
        self.html.select(&parsed("form")).map(|form| self.form_of(form)).collect()
    }

    /// The one form that has a field of this name.
    #[track_caller]
    pub fn form_with(&self, field: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.names.iter().any(|name| name == field));
        found.unwrap_or_else(|| panic!("no form of `{}` has a field `{field}`: {:#?}", self.title(), self.forms()))
    }

    /// Every button that sends a form.
    pub fn buttons(&self) -> Vec<Button> {
        let forms: Vec<ElementRef<'_>> = self.html.select(&parsed("form")).collect();
        let mut buttons = Vec::new();
        for button in self.html.select(&parsed("button:not([type=button]):not([type=reset]), input[type=submit]")) {
            let owner = match button.attr("form") {
                Some(id) => forms.iter().find(|form| form.attr("id") == Some(id)),
                None => forms.iter().find(|form| button.ancestors().any(|node| node.id() == form.id())),
            };
            let Some(owner) = owner else { continue };
            let mut form = self.form_of(*owner);
            if let Some(action) = button.attr("formaction") {
                form.action = action.to_owned();
            }
            if let Some(method) = button.attr("formmethod") {
                form.method = method.to_lowercase();
            }
            if let Some(name) = button.attr("name") {
                form.fields.push((name.to_owned(), button.attr("value").unwrap_or_default().to_owned()));
            }
            buttons.push(Button { label: label(button), form });
        }
        buttons
    }

    /// The form that the button with these words sends.
    #[track_caller]
    pub fn button(&self, label: &str) -> Form {
        let buttons = self.buttons();
        let found = buttons.iter().find(|button| button.label == label);
        let labels: Vec<&str> = buttons.iter().map(|button| button.label.as_str()).collect();
        found.unwrap_or_else(|| panic!("`{}` has no button `{label}`, but {labels:?}", self.title())).form.clone()
    }

    fn form_of(&self, form: ElementRef<'_>) -> Form {
        let mut controls: Vec<ElementRef<'_>> = form.select(&parsed("input, select, textarea, button")).collect();
        controls.retain(|control| control.attr("form").is_none());
        if let Some(id) = form.attr("id") {
            let elsewhere =
                format!("input[form='{id}'], select[form='{id}'], textarea[form='{id}'], button[form='{id}']");
            controls.extend(self.html.select(&parsed(&elsewhere)));
        }
        controls.retain(|control| control.attr("name").is_some() && control.attr("disabled").is_none());
        Form {
            action: form.attr("action").unwrap_or_default().to_owned(),
            method: form.attr("method").unwrap_or("get").to_lowercase(),
            names: controls.iter().filter_map(|control| control.attr("name")).map(str::to_owned).collect(),
            fields: controls.iter().flat_map(|control| sent(*control)).collect(),
        }
    }
}

impl Form {
    /// Fills in a field; one that is there already gets another value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.and(name, value)
    }

    /// Adds a value: one more ticked box of that name.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        assert!(self.names.iter().any(|other| other == name), "the form has no field `{name}`, but {:?}", self.names);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What a control adds to its form when nothing is typed or pressed.
fn sent(control: ElementRef<'_>) -> Vec<(String, String)> {
    let name = control.attr("name").unwrap_or_default();
    let pair = |value: &str| (name.to_owned(), value.to_owned());
    match (control.value().name(), control.attr("type").unwrap_or_default()) {
        ("button", _) | ("input", "submit" | "button" | "reset" | "image" | "file") => Vec::new(),
        ("input", "checkbox" | "radio") if control.attr("checked").is_none() => Vec::new(),
        ("input", "checkbox" | "radio") => vec![pair(control.attr("value").unwrap_or("on"))],
        ("textarea", _) => vec![pair(&control.text().collect::<String>())],
        ("select", _) => chosen(control).iter().map(|value| pair(value)).collect(),
        _ => vec![pair(control.attr("value").unwrap_or_default())],
    }
}

fn chosen(select: ElementRef<'_>) -> Vec<String> {
    let value = |option: ElementRef<'_>| option.attr("value").map_or_else(|| words(option), str::to_owned);
    let chosen: Vec<String> = select.select(&parsed("option[selected]")).map(value).collect();
    if chosen.is_empty() && select.attr("multiple").is_none() {
        return select.select(&parsed("option")).next().map(value).into_iter().collect();
    }
    chosen
}

/// What a button is called: its words, or what it is called for those who do not see it.
fn label(button: ElementRef<'_>) -> String {
    let shown = words(button);
    if !shown.is_empty() {
        return shown;
    }
    button.attr("aria-label").or(button.attr("value")).unwrap_or_default().to_owned()
}

fn words(element: ElementRef<'_>) -> String {
    element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn parsed(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("`{selector}` is no selector: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><title> A  page </title>
        <form action="/find" id="f"><input name="q" value="ada"><input type="hidden" name="sort" value="name">
            <select name="state"><option value="">Any</option><option value="on" selected>On</option></select>
            <input type="checkbox" name="key" value="1"><input type="checkbox" name="key" value="2" checked>
            <textarea name="note">two
words</textarea><input name="off" disabled value="x"><button>Find</button></form>
        <form method="POST" action="/do"><button name="change" value="give" formaction="/give">Give <b>it</b></button></form>
        <input name="more" form="f" value="outside"><button form="f" aria-label="Again"></button>
        <a href="/a#there">A</a><a href="//elsewhere">B</a><a href="https://elsewhere">C</a>"#;

    #[test]
    fn a_form_is_sent_as_a_browser_would() {
        let form = Page::parse(PAGE).form_with("q");
        let fields: Vec<(&str, &str)> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("q", "ada"),
            ("sort", "name"),
            ("state", "on"),
            ("key", "2"),
            ("note", "two\nwords"),
            ("more", "outside"),
        ];
        assert_eq!(fields, expected);
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/find", "get"));
    }

    #[test]
    fn a_button_sends_its_own_name_and_may_lead_elsewhere() {
        let page = Page::parse(PAGE);
        let give = page.button("Give it");
        assert_eq!((give.action.as_str(), give.method.as_str(), give.value("change")), ("/give", "post", Some("give")));
        assert_eq!(page.button("Again").action, "/find");
    }

    #[test]
    fn links_are_those_of_this_server() {
        let page = Page::parse(PAGE);
        assert_eq!(page.links(), ["/a"]);
        assert_eq!(page.title(), "A page");
    }
}
