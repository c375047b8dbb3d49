//! Forms: fields of every kind, and showing a form again with what was sent and what was wrong.

use crate::exchange::Request;
use crate::types::{FieldError, Text};
use crate::ui::{Action, Choice, Condition, Field, FileInput, Form, FormItem, Input, Matrix, NumberInput, TextInput};

impl Choice {
    /// What is sent, and what is read.
    pub fn new(value: impl Into<String>, label: impl Into<Text>) -> Self {
        Choice { value: value.into(), label: label.into() }
    }
}

impl<L: Into<Text>> From<(&str, L)> for Choice {
    fn from((value, label): (&str, L)) -> Self {
        Choice::new(value, label)
    }
}

fn choices<C: Into<Choice>>(choices: impl IntoIterator<Item = C>) -> Vec<Choice> {
    choices.into_iter().map(Into::into).collect()
}

impl Field {
    /// A field of any kind; the functions below are shorter.
    pub fn new(name: impl Into<String>, label: impl Into<Text>, input: Input) -> Self {
        Field {
            name: name.into(),
            label: label.into(),
            help: Text::none(),
            input,
            values: vec![],
            required: false,
            error: None,
            when: None,
            extra: vec![],
        }
    }

    /// One line of text.
    pub fn text(name: impl Into<String>, label: impl Into<Text>) -> Self {
        Self::new(
            name,
            label,
            Input::Text(TextInput { placeholder: Text::none(), max_length: None, autocomplete: "off".to_owned() }),
        )
    }

    /// Several lines of text; `rows` is the height at first.
    pub fn multiline(name: impl Into<String>, label: impl Into<Text>, rows: u32) -> Self {
        Self::new(name, label, Input::Multiline(rows))
    }

    /// A text in a language of programs.
    pub fn code(name: impl Into<String>, label: impl Into<Text>, language: impl Into<String>) -> Self {
        Self::new(name, label, Input::Code(language.into()))
    }

    /// An e-mail address.
    pub fn email(name: impl Into<String>, label: impl Into<Text>) -> Self {
        Self::new(name, label, Input::Email)
    }

    /// A secret. It is never shown again, not even after an error.
    pub fn password(name: impl Into<String>, label: impl Into<Text>) -> Self {
        Self::new(name, label, Input::Password)
    }

    /// A number; limits and unit are set with [`Field::limits`] and [`Field::unit`].
    pub fn number(name: impl Into<String>, label: impl Into<Text>) -> Self {
        Self::new(name, label, Input::Number(NumberInput { min: None, max: None, step: None, unit: String::new() }))
    }

    /// One box to tick; sends `1`, or nothing.
    pub fn checkbox(name: impl Into<String>, label: impl Into<Text>) -> Self {
        Self::new(name, label, Input::Checkbox)
    }

    /// One of a few, all in sight.
    pub fn radio<C: Into<Choice>>(
        name: impl Into<String>,
        label: impl Into<Text>,
        of: impl IntoIterator<Item = C>,
    ) -> Self {
        Self::new(name, label, Input::Radio(choices(of)))
    }

    /// One of many.
    pub fn select<C: Into<Choice>>(
        name: impl Into<String>,
        label: impl Into<Text>,
        of: impl IntoIterator<Item = C>,
    ) -> Self {
        Self::new(name, label, Input::Select(choices(of)))
    }

    /// Any number of a few.
    pub fn checkboxes<C: Into<Choice>>(
        name: impl Into<String>,
        label: impl Into<Text>,
        of: impl IntoIterator<Item = C>,
    ) -> Self {
        Self::new(name, label, Input::Checkboxes(choices(of)))
    }

    /// Text with suggestions.
    pub fn combobox<C: Into<Choice>>(
        name: impl Into<String>,
        label: impl Into<Text>,
        of: impl IntoIterator<Item = C>,
    ) -> Self {
        Self::new(name, label, Input::Combobox(choices(of)))
    }

    /// A file of at most `max_bytes`; `accept` are media types or endings such as `.pdf`.
    pub fn file<A: Into<String>>(
        name: impl Into<String>,
        label: impl Into<Text>,
        max_bytes: u64,
        accept: impl IntoIterator<Item = A>,
    ) -> Self {
        let accept = accept.into_iter().map(Into::into).collect();
        Self::new(name, label, Input::File(FileInput { accept, max_bytes, multiple: false }))
    }

    /// A grid of boxes to tick; what is ticked is sent as `ROW COLUMN`.
    pub fn matrix<C: Into<Choice>>(
        name: impl Into<String>,
        label: impl Into<Text>,
        rows: impl IntoIterator<Item = C>,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        Self::new(name, label, Input::Matrix(Matrix { rows: choices(rows), columns: choices(columns), locked: vec![] }))
    }

    /// Not seen, only sent along; people can change it all the same.
    pub fn hidden(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, Text::none(), Input::Hidden).value(value)
    }

    /// Must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// A sentence under the field.
    #[must_use]
    pub fn help(mut self, help: impl Into<Text>) -> Self {
        self.help = help.into();
        self
    }

    /// What is wrong with it.
    #[must_use]
    pub fn error(mut self, message: impl Into<Text>) -> Self {
        self.error = Some(message.into());
        self
    }

    /// What it holds.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.values = vec![value.into()];
        self
    }

    /// What it holds, where it can hold several.
    #[must_use]
    pub fn values<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self
    }

    /// Ticked, for a check box.
    #[must_use]
    pub fn ticked(self, ticked: bool) -> Self {
        if ticked { self.value("1") } else { self }
    }

    /// Shown only while `field` has one of these values.
    #[must_use]
    pub fn when<S: Into<String>>(mut self, field: impl Into<String>, values: impl IntoIterator<Item = S>) -> Self {
        self.when = Some(Condition { field: field.into(), values: values.into_iter().map(Into::into).collect() });
        self
    }

    /// Grey words in an empty text field.
    #[must_use]
    pub fn placeholder(mut self, words: impl Into<Text>) -> Self {
        if let Input::Text(input) = &mut self.input {
            input.placeholder = words.into();
        }
        self
    }

    /// The most characters that a text field takes.
    #[must_use]
    pub fn max_length(mut self, characters: u32) -> Self {
        if let Input::Text(input) = &mut self.input {
            input.max_length = Some(characters);
        }
        self
    }

    /// What a browser may fill in: a token of the HTML standard, such as `name`.
    #[must_use]
    pub fn autocomplete(mut self, token: impl Into<String>) -> Self {
        if let Input::Text(input) = &mut self.input {
            input.autocomplete = token.into();
        }
        self
    }

    /// The least and the greatest number.
    #[must_use]
    pub fn limits(mut self, least: f64, greatest: f64) -> Self {
        if let Input::Number(input) = &mut self.input {
            (input.min, input.max) = (Some(least), Some(greatest));
        }
        self
    }

    /// What a number counts.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        if let Input::Number(input) = &mut self.input {
            input.unit = unit.into();
        }
        self
    }
}

impl Form {
    /// A form that this button sends.
    pub fn new(submit: Action) -> Self {
        Form { items: vec![], submit, others: vec![], inline: false, extra: vec![] }
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.items.push(FormItem::Field(field));
        self
    }

    /// Adds a paragraph of Markdown.
    #[must_use]
    pub fn prose(mut self, markdown: impl Into<Text>) -> Self {
        self.items.push(FormItem::Prose(markdown.into()));
        self
    }

    /// Adds a heading.
    #[must_use]
    pub fn heading(mut self, heading: impl Into<Text>) -> Self {
        self.items.push(FormItem::Heading(heading.into()));
        self
    }

    /// Another button, which sends the same fields elsewhere.
    #[must_use]
    pub fn other(mut self, action: Action) -> Self {
        self.others.push(action);
        self
    }

    /// In one line, such as a filter above a table.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    /// Puts into each field what this request sent - as a form, or in its query where it sent none -, secrets and hidden
    /// fields excepted.
    #[must_use]
    pub fn refill(mut self, request: &Request) -> Self {
        for field in self.fields_mut() {
            if !matches!(field.input, Input::Password | Input::Hidden | Input::File(_)) {
                let sent = if request.form.is_empty() { &request.query } else { &request.form };
                let of_field: Vec<String> =
                    sent.iter().filter(|(name, _)| *name == field.name).map(|(_, value)| value.clone()).collect();
                // An address need not name every field; a form that was sent does.
                if !of_field.is_empty() || !request.form.is_empty() {
                    field.values = of_field;
                }
            }
        }
        self
    }

    /// Puts each error at its field; those of no field stand above the form.
    #[must_use]
    pub fn errors(mut self, errors: &[FieldError]) -> Self {
        let mut homeless = vec![];
        for error in errors {
            match self.fields_mut().find(|field| field.name == error.field) {
                Some(field) => field.error = Some(error.message.clone()),
                None => homeless.push(FormItem::Prose(error.message.clone())),
            }
        }
        self.items.splice(0..0, homeless);
        self
    }

    fn fields_mut(&mut self) -> impl Iterator<Item = &mut Field> {
        self.items.iter_mut().filter_map(|item| match item {
            FormItem::Field(field) => Some(field),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::invalid;
    use crate::request::sample;
    use crate::types::Failure;

    fn form() -> Form {
        Form::new(Action::new("Save", "save"))
            .field(Field::hidden("version", "7"))
            .field(Field::text("name", "Name").value("Ada"))
            .field(Field::password("secret", "Secret"))
    }

    fn field<'a>(form: &'a Form, name: &str) -> &'a Field {
        form.items
            .iter()
            .find_map(|item| {
                matches!(item, FormItem::Field(f) if f.name == name).then(|| match item {
                    FormItem::Field(field) => field,
                    _ => unreachable!("matched above"),
                })
            })
            .unwrap()
    }

    #[test]
    fn a_form_comes_back_with_what_was_sent_but_no_secrets() {
        let form = form().refill(&sample(&[], &[("name", "Eva"), ("secret", "s3"), ("version", "0")]));
        assert_eq!(field(&form, "name").values, ["Eva"]);
        assert_eq!(field(&form, "version").values, ["7"]);
        assert!(field(&form, "secret").values.is_empty());
    }

    #[test]
    fn errors_stand_at_their_field_or_above_the_form() {
        let Failure::Invalid(mut errors) = invalid("name", "Too long") else { panic!("invalid") };
        errors.push(FieldError { field: "elsewhere".to_owned(), message: "Odd".into(), line: None, column: None });
        let form = form().errors(&errors);
        assert_eq!(field(&form, "name").error, Some("Too long".into()));
        assert_eq!(form.items[0], FormItem::Prose("Odd".into()));
    }
}
