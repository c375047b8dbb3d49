//! The passwords that everyone tries first, of those long enough to be chosen here.

/// One a line, lower-case.
const COMMON: &str = include_str!("common_passwords.txt");

/// Whether a password, folded, is one of them.
pub(crate) fn is_common(folded: &str) -> bool {
    COMMON.lines().any(|common| common == folded)
}

#[cfg(test)]
mod tests {
    use super::{COMMON, is_common};

    #[test]
    fn the_list_holds_only_what_could_be_chosen() {
        assert!(COMMON.lines().count() > 300);
        assert!(COMMON.lines().all(|password| password.len() >= 8 && *password == password.to_lowercase()));
        assert!(is_common("password") && !is_common("") && !is_common("passwor"));
    }
}
