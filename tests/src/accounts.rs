//! People: the first administrator, made through the printed link as a person would, and others from the command line.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::{Answer, Browser, Client, Form, Page, Server, used, wait_for};

/// Someone with an account.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub password: String,
}

impl Person {
    /// Someone with an address and a password of their own.
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let word: String = name.to_lowercase().chars().take(24).collect();
        let word = word.replace(|letter: char| !letter.is_ascii_alphanumeric(), ".");
        let password = format!("correct horse {word} {number}");
        used::secret(&password);
        Self { name: name.to_owned(), email: format!("{word}.{number}@example.org"), password }
    }
}

/// A server with its first administrator.
#[derive(Debug)]
pub struct House {
    pub server: Server,
    pub admin: Person,
}

impl House {
    /// Starts a server and makes the first administrator through the link it prints.
    ///
    /// The server believes what its visitors say about their address, so that those who try passwords in one test do
    /// not slow down those of another.
    pub fn open(name: &str) -> Self {
        Self::prepared(name, |_| String::new())
    }

    /// The same, where no plugin is stopped for its failures, however many there are.
    pub fn forgiving(name: &str) -> Self {
        Self::prepared(name, |_| "packages: {quarantine: {failures: 0}}\n".to_owned())
    }

    /// The same with more settings; they can name places beside the data directory.
    pub fn prepared(name: &str, settings: impl FnOnce(&Path) -> String) -> Self {
        let server = Server::start_with(name, |data| {
            let settings = format!("trusted-proxies: [127.0.0.1/32]\n{}", settings(data));
            fs::write(data.join("vestry.yml"), settings).expect("settings can be written");
        });
        let admin = Person::new("Ada Admin");
        let link = server.setup_link().expect("a server without accounts prints a link");
        make_first_administrator(&Client::new(server.address()), &link, &admin);
        Self { server, admin }
    }

    /// Without the plugin that the server ships with at `/utilities`: plugins of the tests ask for that address.
    #[must_use]
    pub fn without_utilities(self) -> Self {
        self.server.command(&["package", "unmount", "org.vestry.utilities"], "");
        let visitor = self.visitor();
        let gone = wait_for(Duration::from_secs(30), || (visitor.get("/utilities").status == 404).then_some(()));
        assert!(gone.is_some(), "what was unmounted is gone");
        self
    }

    /// A browser that has never been here, at an address of its own.
    pub fn visitor(&self) -> Client {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + number);
        Client::new(self.server.address()).from_address(&address.to_string())
    }

    /// A browser in which the first administrator is signed in.
    #[track_caller]
    pub fn as_admin(&self) -> Client {
        self.signed_in(&self.admin)
    }

    /// A browser in which this person is signed in.
    #[track_caller]
    pub fn signed_in(&self, person: &Person) -> Client {
        let client = self.visitor();
        let mut answer = sign_in(&client, &person.email, &person.password, None);
        // While one attempt is being looked at it counts as failed, so tests that sign in as one person at the same moment
        // are told to wait, as they would be.
        for _ in 0..3 {
            if answer.status != 429 {
                break;
            }
            std::thread::sleep(Duration::from_millis(1_100));
            answer = sign_in(&client, &person.email, &person.password, None);
        }
        assert!((300..400).contains(&answer.status), "{} cannot sign in: {}", person.email, answer.text());
        client
    }

    /// Makes an account on the command line, beside the running server.
    #[track_caller]
    pub fn person(&self, name: &str, privileges: &[&str]) -> Person {
        let person = Person::new(name);
        let mut arguments = vec!["user", "add", &person.email, "--name", name, "--password-stdin"];
        arguments.extend(privileges.iter().flat_map(|privilege| ["--privilege", privilege]));
        self.server.command(&arguments, &person.password);
        person
    }

    /// A token of that account with these permissions.
    #[track_caller]
    pub fn token(&self, person: &Person, permissions: &[&str]) -> String {
        let mut arguments = vec!["token", "add", &person.email, "--name", "tests"];
        arguments.extend(permissions.iter().flat_map(|permission| ["--permission", permission]));
        let output = self.server.command(&arguments, "");
        output.lines().last().expect("the token stands on the last line").to_owned()
    }

    /// Someone without a browser.
    pub fn with_token(&self, token: &str) -> Client {
        Client::with_token(self.server.address(), token)
    }

    /// Opens a browser in which that person is signed in, at the server's first page.
    #[track_caller]
    pub fn in_browser(&self, person: &Person) -> Browser {
        let browser = Browser::open(self.server.address());
        browser.visit("/account/sign-in?next=%2F");
        browser.fill("email", &person.email);
        browser.fill("password", &person.password);
        browser.press("Sign in");
        browser.wait_for_text(&person.name);
        browser
    }

    /// Installs a component that is built for the tests, with all that it asks for, and waits until the server has
    /// mounted it. Each is mounted under the name of its file.
    #[track_caller]
    pub fn install(&self, plugin: &str) {
        let file = crate::test_plugin(plugin);
        let file = file.to_str().expect("its path is UTF-8");
        self.server.command(&["package", "add", file, "--grant-all"], "");
        let (visitor, mount) = (self.visitor(), format!("/{plugin}"));
        let mounted = wait_for(Duration::from_secs(5), || {
            // Each time it is asked is a line of its log.
            std::thread::sleep(Duration::from_millis(50));
            (visitor.get(&mount).status != 404).then_some(())
        });
        assert!(mounted.is_some(), "{plugin} is not mounted");
    }
}

/// Fills in the page behind the printed link and answers what came back.
#[track_caller]
pub fn make_first_administrator(client: &Client, link: &str, person: &Person) -> Answer {
    let path = link.trim_start_matches(&client.origin()).to_owned();
    let form = client.get(&path).expect(200).page().form_with("password");
    let form = form.with("name", &person.name).with("email", &person.email).with("password", &person.password);
    let answer = client.submit(&form);
    assert!((300..400).contains(&answer.status), "the first administrator is made: {}", answer.text());
    answer
}

/// Signs in through the form, which is fetched first.
pub fn sign_in(client: &Client, email: &str, password: &str, next: Option<&str>) -> Answer {
    let form = client.get("/account/sign-in").expect(200).page().form_with("password");
    let form = form.with("email", email).with("password", password);
    let form = match next {
        Some(next) => form.with("next", next),
        None => form,
    };
    client.submit(&form)
}

/// The key of an account in the table of the user list.
#[track_caller]
pub fn key_of(client: &Client, email: &str) -> String {
    let list = client.get_json(&format!("/users?q={}", email.replace('@', "%40"))).expect(200).json();
    let table = list["blocks"].as_object().and_then(|blocks| blocks.values().find(|block| block["rows"].is_array()));
    let rows = table.and_then(|table| table["rows"].as_array()).expect("the user list has a table");
    let row = rows.iter().find(|row| row.to_string().contains(email));
    let key = row.and_then(|row| row["key"].as_str());
    key.unwrap_or_else(|| panic!("{email} is not in the list: {list:#}")).to_owned()
}

/// The page of an account in the user list.
#[track_caller]
pub fn account(client: &Client, email: &str) -> Page {
    client.get(&format!("/users/accounts/{}", key_of(client, email))).expect(200).page()
}

/// Sends a form, says yes where the host asks whether this is meant, and answers the page that it leads to.
#[track_caller]
pub fn done(client: &Client, form: &Form) -> Answer {
    client.follow(confirmed(client, client.submit(form)))
}

/// Says yes as often as the host asks whether this is meant, and answers what came of it.
pub fn confirmed(client: &Client, answer: Answer) -> Answer {
    let mut answer = answer;
    for _ in 0..5 {
        let asked = answer.location().filter(|location| location.starts_with("/account/confirm/"));
        let Some(question) = asked else { return answer };
        let yes = client.get(&question).expect(200).page().button("Approve");
        assert_eq!(yes.action, question, "the answer goes back to the question");
        answer = client.submit(&yes);
    }
    panic!("the host asks more than five times");
}
