//! Invitations and resets: what an administrator does, what the invited person does, where the link stands meanwhile, and
//! who gets nothing.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use vestry_tests::accounts::{account, confirmed, done, key_of, sign_in};
use vestry_tests::grep::{in_bytes, in_folder};
use vestry_tests::{Answer, Browser, Client, House, Page, Person, wait_for};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("invitations");
    house.server.command(
        &[
            "privilege",
            "add",
            "helper",
            "--title",
            "Helper",
            "--permission",
            "users.read",
            "--permission",
            "users.create",
        ]
        .into_iter()
        .chain(["--permission", "users.activate"])
        .collect::<Vec<_>>(),
        "",
    );
    for (name, permission) in [("inviter", "users.create"), ("resetter", "users.activate")] {
        house.server.command(&["privilege", "add", name, "--title", name, "--permission", permission], "");
    }
    house
});

const NEW: &str = "a quite different sentence";
/// Longer than mails take.
const SOON: Duration = Duration::from_secs(20);

/// Sends a reset link, with the yes.
fn reset(client: &Client, person: &Person) -> Answer {
    done(client, &account(client, &person.email).button("Send a reset link")).expect(200)
}

/// The link that a page shows, as a path.
#[track_caller]
fn link_on(page: &Page) -> String {
    let links = page.attributes(".handover input", "value");
    assert_eq!(links.len(), 1, "one link stands on the page: {}", page.text("main"));
    links[0].strip_prefix(HOUSE.server.address()).expect("it leads to the server").to_owned()
}

fn token_of(path: &str) -> &str {
    path.rsplit('/').next().expect("a path has segments")
}

/// Opens the link without JavaScript and sets a password.
fn accept(client: &Client, path: &str, password: &str) -> Answer {
    let form = client.get(path).expect(200).page().form_with("password");
    client.submit(&form.with("password", password))
}

fn mail_to(person: &Person) -> Vec<String> {
    let entries = fs::read_dir(HOUSE.server.data().join("outbox")).into_iter().flatten().flatten();
    let mails = entries.map(|entry| fs::read_to_string(entry.path()).unwrap_or_default().replace("=\r\n", ""));
    mails.filter(|mail| mail.contains(&person.email)).collect()
}

/// Fails where the link stands anywhere but in the mails that have left.
#[track_caller]
fn only_in_mails(token: &str) {
    let mut finds = in_folder(HOUSE.server.data(), &[token]);
    finds.retain(|find| !find.contains("/outbox/"));
    finds.extend(in_bytes("stdout", HOUSE.server.stdout().as_bytes(), &[token]));
    finds.extend(in_bytes("stderr", HOUSE.server.log().as_bytes(), &[token]));
    assert!(finds.is_empty(), "{finds:#?}");
}

fn change(sql: &str) {
    let database = Connection::open(HOUSE.server.data().join("vestry.db")).expect("the database can be opened");
    database.busy_timeout(Duration::from_secs(5)).expect("it can wait");
    database.execute(sql, []).expect("it can be changed");
}

fn is_over(answer: &Answer) {
    assert_eq!(answer.status, 410, "{}", answer.text());
}

#[test]
fn an_invited_person_sets_a_password_and_is_signed_in() {
    let (admin, person) = (HOUSE.as_admin(), Person::new("Ines Invited"));
    let form = admin.get("/users/invite").expect(200).page().form_with("email");
    let form = form.with("email", &person.email).with("name", &person.name).and("privileges", "trainer");
    let asked = admin.submit(&form);
    let question = asked.location().expect("the host asks first");
    assert!(question.starts_with("/account/confirm/"), "{question}");
    let words = admin.get(&question).expect(200).page().text("main");
    assert!(words.contains(&person.email) && words.contains("trainer") && words.contains("Ines Invited"), "{words}");
    let list = || HOUSE.server.command(&["user", "list"], "");
    assert!(!list().contains(&person.email), "nothing happens before the yes");

    let way = confirmed(&admin, asked).location().expect("it leads to the link");
    let before = admin.get_json(&way).expect(200).text();
    let page = admin.get(&way).expect(200).page();
    let path = link_on(&page);
    let token = token_of(&path);
    assert!(path.starts_with("/account/invitation/"), "{path}");
    assert!(page.has(".notices .notice-success"), "it is said that a mail is on its way");
    assert!(!before.contains(token) && before.contains("handover:"), "data hold the panel's name alone: {before}");
    assert!(list().contains(&person.email));

    let again = admin.get(&way).expect(200).page();
    assert!(!again.has(".handover") && again.text("main").contains("shown already"), "{}", again.text("main"));
    let mail = wait_for(SOON, || mail_to(&person).into_iter().next()).expect("a mail is sent");
    assert!(mail.contains(&path), "the mail has the same link: {mail}");
    only_in_mails(token);

    let browser = HOUSE.visitor();
    let page = browser.get(&path).expect(200).page();
    assert!(page.text("h1").contains("Ines Invited"));
    let weak = browser.submit(&page.form_with("password").with("password", "password"));
    assert_eq!(weak.status, 422);
    assert!(weak.page().has("#password[aria-invalid='true']"));
    let welcome = browser.follow(accept(&browser, &path, NEW)).expect(200).page();
    assert!(welcome.text("body").contains("Ines Invited"), "{}", welcome.text("body"));
    is_over(&HOUSE.visitor().get(&path));
    is_over(&HOUSE.visitor().post(&path, &[("password", NEW)]));
    assert!(sign_in(&HOUSE.visitor(), &person.email, NEW, None).location().is_some());
    only_in_mails(token);
}

#[test]
fn what_is_wrong_with_an_invitation_is_said_at_its_field() {
    let client = HOUSE.as_admin();
    let taken = HOUSE.person("Toni Taken", &[]);
    let form = client.get("/users/invite").expect(200).page().form_with("email");
    for (email, name, wrong) in [
        ("no address", "Ada", "email"),
        ("", "Ada", "email"),
        (taken.email.as_str(), "Ada", "email"),
        ("ada.new@example.org", "", "name"),
    ] {
        let answer = client.submit(&form.clone().with("email", email).with("name", name));
        assert_eq!(answer.status, 422, "{email:?} {name:?}: the host asks about nothing that cannot be");
        let page = answer.page();
        assert!(
            page.has(&format!("[name='{wrong}'][aria-invalid='true']")),
            "`{wrong}` is marked for {email:?} {name:?}"
        );
        assert_eq!(page.form_with("email").value("email"), Some(email), "what was typed is still there");
    }
}

#[test]
fn a_reset_leaves_the_old_password_until_the_new_one_is_set() {
    let (admin, person) = (HOUSE.as_admin(), HOUSE.person("Rita Reset", &[]));
    let hers = HOUSE.signed_in(&person);
    let older = link_on(&reset(&admin, &person).page());
    let path = link_on(&reset(&admin, &person).page());
    assert!(path.starts_with("/account/reset/"), "{path}");
    is_over(&HOUSE.visitor().get(&older));
    HOUSE.signed_in(&person);

    let browser = HOUSE.visitor();
    browser.follow(accept(&browser, &path, NEW)).expect(200);
    assert!(browser.get("/account").expect(200).text().contains(&person.email));
    assert!(hers.get("/account").location().is_some(), "the session of before is over");
    assert!(sign_in(&HOUSE.visitor(), &person.email, &person.password, None).location().is_none());
    assert!(sign_in(&HOUSE.visitor(), &person.email, NEW, None).location().is_some());
    is_over(&HOUSE.visitor().get(&path));
    for path in [&older, &path] {
        only_in_mails(token_of(path));
    }
}

#[test]
fn a_link_is_shown_to_nobody_but_who_asked_for_it() {
    let (admin, person) = (HOUSE.as_admin(), HOUSE.person("Hanna Handed", &[]));
    let other = HOUSE.signed_in(&HOUSE.person("Oda Other", &["admin"]));
    let asked = admin.submit(&account(&admin, &person.email).button("Send a reset link"));
    let way = confirmed(&admin, asked).location().expect("it leads to the link");
    let theirs = other.get(&way).expect(200).page();
    assert!(!theirs.has(".handover") && theirs.text("main").contains("not available"), "{}", theirs.text("main"));
    let token = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &[]));
    assert!(!token.get(&way).expect(200).page().has(".handover"), "a token of the same account is no person");
    assert!(admin.call("HEAD", &way).send().body.is_empty(), "nor is it used up by an answer that nobody sees");
    let unknown = admin.get("/users/links/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").expect(200).page();
    assert!(!unknown.has(".handover"));

    change("UPDATE tickets SET expires = 1 WHERE sealed <> x''");
    let late = admin.get(&way).expect(200).page();
    assert!(!late.has(".handover") && late.text("main").contains("not available"), "{}", late.text("main"));
}

#[test]
fn links_are_over_after_their_time_and_with_the_account() {
    let (admin, person) = (HOUSE.as_admin(), HOUSE.person("Eva Expired", &[]));
    let key = key_of(&admin, &person.email);
    let path = link_on(&reset(&admin, &person).page());
    change(&format!("UPDATE one_time_links SET expires = 1 WHERE account = '{key}'"));
    is_over(&HOUSE.visitor().get(&path));
    is_over(&HOUSE.visitor().post(&path, &[("password", NEW)]));

    let path = link_on(&reset(&admin, &person).page());
    done(&admin, &account(&admin, &person.email).button("Deactivate")).expect(200);
    is_over(&HOUSE.visitor().get(&path));
    done(&admin, &account(&admin, &person.email).button("Activate")).expect(200);
    is_over(&HOUSE.visitor().get(&path));
    is_over(&HOUSE.visitor().post(&path, &[("password", NEW)]));
    done(&admin, &account(&admin, &person.email).button("Deactivate")).expect(200);
    let labels: Vec<String> = account(&admin, &person.email).buttons().into_iter().map(|button| button.label).collect();
    assert!(!labels.iter().any(|label| label == "Send a reset link"), "{labels:?}");
    assert_eq!(admin.post(&format!("/users/accounts/{key}/reset"), &[]).status, 403);
    for wrong in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00"] {
        let answer = HOUSE.visitor().get(&format!("/account/invitation/{wrong}"));
        assert!((400..500).contains(&answer.status), "{wrong} answers {}", answer.status);
    }
}

#[test]
fn nobody_sends_a_link_to_what_they_may_not_do_themselves() {
    let helper = HOUSE.signed_in(&HOUSE.person("Hilde Helper", &["helper"]));
    let (admin, target) = (HOUSE.as_admin(), HOUSE.person("Theo Target", &[]));
    let chief = key_of(&admin, &HOUSE.admin.email);
    let answer = helper.post(&format!("/users/accounts/{chief}/reset"), &[]);
    assert_eq!(answer.status, 403, "an administrator's password is not theirs to reset: {}", answer.text());
    let form = helper.get("/users/invite").expect(200).page().form_with("email");
    assert!(!form.fields.iter().any(|(_, value)| value == "admin"));
    let grasping = [("email", "x@example.org"), ("name", "X"), ("privileges", "admin")];
    assert_eq!(helper.post("/users/invite", &grasping).status, 422);
    assert!(!HOUSE.server.command(&["user", "list"], "").contains("x@example.org"));

    // Who was given more since then is not theirs any more: the link that they saw does not open it.
    let path = link_on(&reset(&helper, &target).page());
    HOUSE.visitor().get(&path).expect(200);
    let form = account(&admin, &target.email).button("Save the privileges").and("privileges", "developer");
    done(&admin, &form).expect(200);
    is_over(&HOUSE.visitor().get(&path));
    is_over(&HOUSE.visitor().post(&path, &[("password", NEW)]));

    let nobody = HOUSE.signed_in(&target);
    let key = key_of(&admin, &target.email);
    for path in ["/users/invite".to_owned(), format!("/users/accounts/{key}/reset")] {
        assert_eq!(nobody.post(&path, &grasping).status, 403, "{path}");
    }
    let program = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &["users.read", "users.activate", "users.create"]));
    let call = program.call("POST", &format!("/users/accounts/{key}/reset")).header("accept", "application/json");
    call.form(&[]).send().expect_problem(403);
}

#[test]
fn who_forgot_a_password_gets_a_link_by_mail_and_nobody_learns_who_has_an_account() {
    let person = HOUSE.person("Fritz Forgetful", &[]);
    let sign_in_page = HOUSE.visitor().get("/account/sign-in").expect(200).page();
    assert!(sign_in_page.links().contains(&"/account/forgot".to_owned()));
    let ask = |browser: &Client, email: &str| {
        let form = browser.get("/account/forgot").expect(200).page().form_with("email");
        browser.submit(&form.with("email", email))
    };
    let words = |answer: &Answer, email: &str| answer.page().text("main").replace(email, "EMAIL");
    let known = ask(&HOUSE.visitor(), &person.email).expect(200);
    let unknown = ask(&HOUSE.visitor(), "nobody.at.all@example.org").expect(200);
    assert_eq!(words(&known, &person.email), words(&unknown, "nobody.at.all@example.org"));
    assert_eq!(ask(&HOUSE.visitor(), "no address").status, 422);

    let mail = wait_for(SOON, || mail_to(&person).into_iter().next()).expect("a mail is sent");
    let start = mail.find("/account/reset/").expect("it has a link");
    let path: String = mail[start..].chars().take_while(|letter| !letter.is_whitespace() && *letter != '"').collect();
    assert!(in_folder(&HOUSE.server.data().join("outbox"), &["nobody.at.all"]).is_empty());
    only_in_mails(token_of(&path));
    let browser = HOUSE.visitor();
    browser.follow(accept(&browser, &path, NEW)).expect(200);
    assert!(sign_in(&HOUSE.visitor(), &person.email, NEW, None).location().is_some());

    // Three for an address from one place, then the page says the same and nothing is sent; somebody elsewhere is heard.
    let (stranger, owner) = (HOUSE.visitor(), HOUSE.visitor());
    for browser in [&stranger, &stranger, &stranger, &stranger, &stranger, &owner] {
        let answer = ask(browser, &person.email).expect(200);
        assert_eq!(words(&answer, &person.email), words(&known, &person.email));
    }
    wait_for(SOON, || (mail_to(&person).len() >= 5).then_some(())).expect("five mails in all");
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(mail_to(&person).len(), 5);

    // Ten from one place.
    let busy = HOUSE.visitor();
    let statuses: Vec<u16> = (0..12).map(|number| ask(&busy, &format!("p{number}@example.org")).status).collect();
    assert_eq!(statuses, [[200; 10].as_slice(), &[429; 2]].concat());
}

#[test]
fn who_asks_for_a_link_voids_none_that_an_administrator_made() {
    let (admin, person) = (HOUSE.as_admin(), HOUSE.person("Vera Voided", &[]));
    let path = link_on(&reset(&admin, &person).page());
    let made = || mail_to(&person).len();
    wait_for(SOON, || (made() == 1).then_some(())).expect("the administrator's link is mailed");
    HOUSE.visitor().post("/account/forgot", &[("email", &person.email)]).expect(200);
    wait_for(SOON, || (made() == 2).then_some(())).expect("the link that was asked for is mailed");
    let browser = HOUSE.visitor();
    browser.follow(accept(&browser, &path, NEW)).expect(200);
    let links: u64 = count(&format!("account = '{}'", key_of(&admin, &person.email)));
    assert_eq!(links, 0, "a link that is used voids all others");
}

/// Links in the database.
fn count(which: &str) -> u64 {
    let database = Connection::open(HOUSE.server.data().join("vestry.db")).expect("the database can be opened");
    let sql = format!("SELECT count(*) FROM one_time_links WHERE {which}");
    database.query_row(&sql, [], |row| row.get(0)).expect("links can be counted")
}

#[test]
fn nobody_can_tell_when_a_link_is_made() {
    let people: Vec<Person> = (0..8).map(|number| HOUSE.person(&format!("Tilda Timed{number}"), &[])).collect();
    let admin = HOUSE.as_admin();
    let delays: Vec<u64> = people
        .iter()
        .map(|person| {
            let (which, asked) = (format!("account = '{}'", key_of(&admin, &person.email)), Instant::now());
            HOUSE.visitor().post("/account/forgot", &[("email", &person.email)]).expect(200);
            let made = wait_for(SOON, || (count(&which) > 0).then(|| asked.elapsed())).expect("a link is made");
            u64::try_from(made.as_millis()).expect("it is made soon")
        })
        .collect();
    let (first, last) = (delays.iter().min().expect("eight"), delays.iter().max().expect("eight"));
    assert!(last - first > 300, "they are made at any time within two seconds: {delays:?}");
}

#[test]
fn nobody_chooses_where_a_mailed_link_leads() {
    let person = HOUSE.person("Petra Poisoned", &[]);
    let port = HOUSE.server.host().rsplit(':').next().expect("it has a port");
    let asks = |host: &str| {
        let browser = HOUSE.visitor();
        let call = browser.call("POST", "/account/forgot").header("host", host);
        call.header("origin", &format!("http://{host}")).form(&[("email", &person.email)]).send()
    };
    for host in ["evil.example", "localhost:1", "localhost", &format!("evil.example:{port}"), "127.0.0.1:1"] {
        let answer = asks(host);
        assert_eq!(answer.status, 503, "{host}: only this server itself is believed: {}", answer.text());
    }
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(mail_to(&person).is_empty());
    asks(&format!("localhost:{port}")).expect(200);
    let mail = wait_for(SOON, || mail_to(&person).into_iter().next()).expect("a mail is sent");
    assert!(mail.contains(&format!("http://localhost:{port}/account/reset/")), "{mail}");

    // What an administrator's own request says is not believed either: the link goes to somebody else.
    let admin = HOUSE.as_admin();
    let form = account(&admin, &person.email).button("Send a reset link");
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let evil = |path: &str, fields: &[(&str, &str)]| {
        let call = admin.call("POST", path).header("host", "evil.example");
        call.header("origin", "http://evil.example").form(fields).send()
    };
    let question = evil(&form.action, &fields).location().expect("the host asks first");
    let yes = admin.get(&question).expect(200).page().button("Approve");
    let fields: Vec<(&str, &str)> = yes.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let way = evil(&yes.action, &fields).location().expect("it leads to the link");
    let path = link_on(&admin.get(&way).expect(200).page());
    HOUSE.visitor().get(&path).expect(200);
    wait_for(SOON, || (mail_to(&person).len() == 2).then_some(())).expect("a second mail is sent");
    assert!(mail_to(&person).iter().all(|mail| !mail.contains("evil.example")));
}

#[test]
fn who_may_invite_or_reset_and_not_look_at_accounts_gets_the_link_too() {
    let (admin, target) = (HOUSE.as_admin(), HOUSE.person("Tara Target", &[]));
    let inviter = HOUSE.signed_in(&HOUSE.person("Iris Inviter", &["inviter"]));
    let person = Person::new("Nora New");
    let form = inviter.get("/users/invite").expect(200).page().form_with("email");
    let form = form.with("email", &person.email).with("name", &person.name);
    let page = done(&inviter, &form).expect(200).page();
    let path = link_on(&page);
    assert!(!page.links().contains(&"/users".to_owned()), "the list is not for her");
    accept(&HOUSE.visitor(), &path, NEW).location().expect("the password is set");

    let resetter = HOUSE.signed_in(&HOUSE.person("Rolf Resetter", &["resetter"]));
    let key = key_of(&admin, &target.email);
    let asked = resetter.post(&format!("/users/accounts/{key}/reset"), &[]);
    let way = confirmed(&resetter, asked).location().expect("it leads to the link");
    let page = resetter.get(&way).expect(200).page();
    let words = page.text("body");
    assert!(link_on(&page).starts_with("/account/reset/"), "{words}");
    assert_eq!(HOUSE.visitor().get(&way).location().map(|to| to.starts_with("/account/sign-in")), Some(true));
}

#[test]
fn guesses_at_links_are_slowed_down() {
    let browser = HOUSE.visitor();
    let guess = |number: u8| {
        let path = format!("/account/reset/{}{}", (b'A' + number) as char, "A".repeat(42));
        browser.post(&path, &[("password", NEW)]).status
    };
    let statuses: Vec<u16> = (0..8).map(guess).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 410 | 429)), "{statuses:?}");
}

/// The whole way in two browsers, with what each sees.
#[test]
fn every_page_of_an_invitation_is_good_to_look_at_and_to_use() {
    let person = Person::new("Bianca Browser");
    let admin = Browser::open(HOUSE.server.address());
    admin.visit("/account/sign-in?next=%2Fusers%2Finvite");
    admin.fill("email", &HOUSE.admin.email);
    admin.fill("password", &HOUSE.admin.password);
    admin.press("Sign in");
    admin.wait_for_path("/users/invite");
    admin.look("invite-form", None);
    admin.fill("name", &person.name);
    admin.fill("email", &person.email);
    admin.press("Send the invitation");
    admin.wait_for_text("if you approve");
    admin.look("invite-asked", None);
    admin.press("Approve");
    admin.wait_for_path("/users/links/");
    admin.wait_for_text("It works once");
    admin.look("invite-link", None);
    let link = admin.script("return document.querySelector('.handover input').value;");
    let path = link.as_str().unwrap_or_default().trim_start_matches(HOUSE.server.address()).to_owned();
    admin.visit(&admin.path());
    admin.wait_for_text("shown already");
    admin.look("invite-link-again", None);

    let mut hers = Browser::open(HOUSE.server.address());
    hers.visit(&path);
    hers.look("invitation", None);
    hers.fill("password", "password");
    hers.expect_on_console("422");
    hers.press("Set the password");
    hers.wait_for_text("everyone tries first");
    hers.look("invitation-wrong", None);
    hers.fill("password", NEW);
    hers.press("Set the password");
    hers.wait_for_text("Your password is set");
    hers.look("invitation-accepted", None);
    hers.expect_on_console("410");
    hers.visit(&path);
    hers.look("invitation-over", None);

    let stranger = Browser::open(HOUSE.server.address());
    stranger.visit("/account/sign-in");
    stranger.look("sign-in-forgot", None);
    stranger.follow("Forgotten your password?");
    stranger.wait_for_path("/account/forgot");
    stranger.look("forgot", None);
    stranger.fill("email", "somebody@example.org");
    stranger.press("Send me a link");
    stranger.wait_for_text("Look into your mail");
    stranger.look("forgot-sent", None);
}
