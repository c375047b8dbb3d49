//! User List: the accounts of this server - invite people, find and change accounts, give and take privileges, one or a
//! thousand.
//!
//! It holds no data: everything is asked of the host, which checks each call against what the person may do. Every
//! route asks for the permission that its call needs, so a button that would be refused is never drawn.
//!
//! Deliberately not here: second factors, and CSV.

mod account;
mod bulk;
mod filter;
mod invite;
mod links;
mod list;
mod remove;
mod selection;
mod shared;

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    Plugin::new("org.vestry.users", "User List")
        .summary("Invite people, find and change accounts, give and take privileges.")
        .mount("users")
        .route(get("list", "/").needs("users.read").summary("Find accounts").to(list::list))
        .route(get("invite", "/invite").needs("users.create").summary("Invite somebody").to(invite::form))
        .route(post("send-invitation", "/invite").needs("users.create").to(invite::send))
        // What is behind a ticket the host shows to the account that it is for, and to nobody else.
        .route(get("link", "/links/{ticket}").for_signed_in().to(links::page))
        .route(get("account", "/accounts/{key}").needs("users.read").to(account::account))
        .route(post("rename", "/accounts/{key}/rename").needs("users.write").to(account::rename))
        .route(post("state", "/accounts/{key}/state").needs("users.activate").to(account::set_state))
        .route(post("reset", "/accounts/{key}/reset").needs("users.activate").to(links::reset))
        .route(post("privileges", "/accounts/{key}/privileges").needs("users.privileges").to(account::set_privileges))
        .route(get("ask-delete", "/accounts/{key}/delete").needs("users.delete").to(remove::ask))
        .route(post("delete", "/accounts/{key}/delete").needs("users.delete").to(remove::delete))
        .route(post("bulk-state", "/bulk/state").needs("users.activate").to(bulk::rehearse_state))
        .route(post("bulk-state-apply", "/bulk/state/apply").needs("users.activate").to(bulk::apply_state))
        .route(post("bulk-privileges", "/bulk/privileges").needs("users.privileges").to(bulk::rehearse_privilege))
        .route(
            post("bulk-privileges-apply", "/bulk/privileges/apply").needs("users.privileges").to(bulk::apply_privilege),
        )
        .menu("User List", "list", "users")
}
