//! Whom a bulk button means: the ticked rows, or all that the page's filter finds. Carried from page to page in hidden
//! fields, since nothing is kept between requests.

use vestry_sdk::prelude::*;
use vestry_sdk::users::{self, BulkChange, Change, Mode, Outcome};

use crate::filter::Filter;

/// Whom it is about.
#[derive(Debug)]
pub enum Selection {
    Found(Filter),
    Ticked(Vec<String>, Filter),
}

impl Selection {
    /// Reads what the table or an earlier page sent.
    ///
    /// # Errors
    /// `invalid` where nobody was ticked.
    pub fn read(request: &Request) -> Result<Self> {
        let filter = Filter::read(|name| request.form(name).text());
        if request.form("all").is_ticked() {
            return Ok(Selection::Found(filter));
        }
        let keys: Vec<_> = request.form_all("key").map(str::to_owned).collect();
        match keys.is_empty() {
            true => Err(invalid("key", "Nobody is ticked.")),
            false => Ok(Selection::Ticked(keys, filter)),
        }
    }

    /// The filter of the list that the person came from.
    pub fn filter(&self) -> &Filter {
        match self {
            Selection::Found(filter) | Selection::Ticked(_, filter) => filter,
        }
    }

    /// Changes them, or rehearses it.
    pub fn apply(&self, change: &BulkChange, mode: Mode) -> Result<Outcome> {
        match self {
            Selection::Found(filter) => users::apply_found(&filter.query(None), change, mode),
            Selection::Ticked(keys, _) => {
                let changes: Vec<_> = keys.iter().map(|id| of_one(id.clone(), change)).collect();
                users::apply(&changes, mode)
            }
        }
    }

    /// Puts it into a form, for the next page to read.
    pub fn carry(&self, form: Form) -> Form {
        let form = self.filter().pairs().fold(form, |form, (name, value)| form.field(Field::hidden(name, value)));
        match self {
            Selection::Found(_) => form.field(Field::hidden("all", "1")),
            Selection::Ticked(keys, _) => form.field(Field::hidden("key", "").values(keys)),
        }
    }
}

fn of_one(id: String, change: &BulkChange) -> Change {
    match change {
        BulkChange::SetActive(active) => Change::SetActive((id, *active)),
        BulkChange::Give(privilege) => Change::Give((id, privilege.clone())),
        BulkChange::Take(privilege) => Change::Take((id, privilege.clone())),
    }
}
