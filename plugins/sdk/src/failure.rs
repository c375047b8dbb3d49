//! What goes wrong: the failures of the contract, and errors at the fields of a form.

use crate::exchange::Response;
use crate::types::{Failure, FieldError, Text};
use crate::ui::Page;

/// A result whose failure the host understands. `?` passes a host's failure on unchanged, `confirm` included.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// One wrong value, at the field of that name.
pub fn invalid(field: impl Into<String>, message: impl Into<Text>) -> Failure {
    Failure::Invalid(vec![FieldError { field: field.into(), message: message.into(), line: None, column: None }])
}

impl Failure {
    /// What was asked for is not there.
    pub fn not_found(what: impl Into<String>) -> Self {
        Failure::NotFound(what.into())
    }

    /// Somebody else was quicker.
    pub fn conflict(what: impl Into<String>) -> Self {
        Failure::Conflict(what.into())
    }

    /// A fault of the plugin; the person sees a page that names it, the log gets the reason.
    pub fn internal(reason: impl Into<String>) -> Self {
        Failure::Internal(reason.into())
    }
}

/// Gathers the errors of a whole form, so that a person sees all of them at once.
///
/// ```
/// # use vestry_sdk::prelude::*;
/// fn read(request: &Request) -> Result<(String, u32)> {
///     let mut errors = Errors::default();
///     let title = errors.keep(request.form("title").required());
///     let copies = errors.keep(request.form("copies").number());
///     errors.none()?;
///     Ok((title.to_owned(), copies))
/// }
/// ```
#[derive(Debug, Default)]
pub struct Errors {
    fields: Vec<FieldError>,
    grave: Option<Failure>,
}

impl Errors {
    /// The value; or its default, and the failure is kept for [`Errors::none`].
    pub fn keep<T: Default>(&mut self, result: Result<T>) -> T {
        result.unwrap_or_else(|failure| {
            match failure {
                Failure::Invalid(errors) => self.fields.extend(errors),
                other => self.grave = self.grave.take().or(Some(other)),
            }
            T::default()
        })
    }

    /// Adds an error at a field.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<Text>) {
        self.fields.push(FieldError { field: field.into(), message: message.into(), line: None, column: None });
    }

    /// Goes on where nothing was wrong.
    ///
    /// # Errors
    /// The first failure that is no field's, else `invalid` with every field error.
    pub fn none(self) -> Result<()> {
        match (self.grave, self.fields.is_empty()) {
            (Some(failure), _) => Err(failure),
            (None, false) => Err(Failure::Invalid(self.fields)),
            (None, true) => Ok(()),
        }
    }
}

/// Shows a form again with its errors instead of failing.
pub trait OrInvalid {
    /// Of a failure `invalid` makes the response `invalid` with the page that `page` makes of the errors; anything else
    /// stays as it is.
    ///
    /// # Errors
    /// Every other failure, and those of `page` itself.
    fn or_invalid(self, page: impl FnOnce(&[FieldError]) -> Result<Page>) -> Result<Response>;
}

impl<T: Into<Response>> OrInvalid for Result<T> {
    fn or_invalid(self, page: impl FnOnce(&[FieldError]) -> Result<Page>) -> Result<Response> {
        match self {
            Ok(answer) => Ok(answer.into()),
            Err(Failure::Invalid(errors)) => Ok(Response::Invalid(page(&errors)?)),
            Err(failure) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_are_gathered_and_a_grave_failure_comes_first() {
        let mut errors = Errors::default();
        assert_eq!(errors.keep(Ok(5)), 5);
        assert_eq!(errors.keep::<u32>(Err(invalid("a", "Wrong"))), 0);
        errors.add("b", "Also wrong");
        assert!(matches!(errors.none(), Err(Failure::Invalid(fields)) if fields.len() == 2));

        let mut errors = Errors::default();
        errors.add("a", "Wrong");
        errors.keep::<u32>(Err(Failure::conflict("x")));
        assert_eq!(errors.none(), Err(Failure::Conflict("x".to_owned())));
    }

    #[test]
    fn confirm_passes_and_invalid_becomes_a_page() {
        let page = |errors: &[FieldError]| Ok(Page::new(data_of(errors)));
        let confirm: Result<Page> = Err(Failure::Confirm("t".to_owned()));
        assert_eq!(confirm.or_invalid(page), Err(Failure::Confirm("t".to_owned())));
        let wrong: Result<Page> = Err(invalid("name", "Too long"));
        assert!(
            matches!(wrong.or_invalid(page), Ok(Response::Invalid(page)) if page.title == Text::Data("name".to_owned()))
        );
    }

    fn data_of(errors: &[FieldError]) -> String {
        errors.iter().map(|error| error.field.clone()).collect()
    }
}
