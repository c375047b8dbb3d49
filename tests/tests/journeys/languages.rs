//! A server in Spanish and in Arabic, in a browser: an administrator adds the languages that came with it, says what is
//! missing in the editor, and reads it at once; every page around the plugins is looked at by axe-core, Arabic from right to
//! left.

use vestry_tests::{Browser, House};

use crate::pictures::Pictures;

/// What a language has in the places that are looked at.
struct Speaker {
    tag: &'static str,
    name: &'static str,
    direction: &'static str,
    /// Of the page of one's account.
    account: &'static str,
    /// Of a page that is not there.
    nothing: &'static str,
    /// Of the sign-in page.
    sign_in: &'static str,
    /// What the user list's "Invite somebody" is to be.
    invite: &'static str,
}

const SPEAKERS: &[Speaker] = &[
    Speaker {
        tag: "es",
        name: "Español",
        direction: "ltr",
        account: "Tu cuenta",
        nothing: "Aquí no hay nada",
        sign_in: "Iniciar sesión",
        invite: "Invitar a alguien",
    },
    Speaker {
        tag: "ar",
        name: "العربية",
        direction: "rtl",
        account: "حسابك",
        nothing: "لا شيء هنا",
        sign_in: "تسجيل الدخول",
        invite: "دعوة شخص",
    },
];

#[test]
fn the_journey_through_languages() {
    let house = House::open("languages-journey");
    let mut browser = house.in_browser(&house.admin);
    // A page that is not there says so.
    browser.expect_on_console("404");
    let stranger = Browser::open(house.server.address());
    let mut journey = Journey { browser, stranger, pictures: Pictures::of("languages") };
    journey.sees_that_there_are_none();
    for speaker in SPEAKERS {
        journey.adds(speaker);
        journey.translates(speaker);
        journey.reads(speaker);
        journey.goes_back_to_english();
    }
    journey.sees_how_far_they_are();
}

struct Journey {
    browser: Browser,
    /// Nobody is signed in there.
    stranger: Browser,
    pictures: Pictures,
}

impl Journey {
    fn sees_that_there_are_none(&mut self) {
        // What a plugin shows is known once it was shown.
        self.browser.visit("/users");
        self.browser.visit("/utilities");
        self.browser.follow("Translate system phrases");
        self.browser.wait_for_path("/utilities/translate");
        self.pictures.take_as_it_is(&self.browser, "en-none");
    }

    fn adds(&mut self, speaker: &Speaker) {
        self.browser.visit("/utilities/translate");
        self.browser.fill("tag", speaker.tag);
        self.browser.press("Add the language");
        self.browser.wait_for_text(speaker.name);
        self.browser.press("Offer it to readers");
        self.browser.wait_for_text("Readers get it from now on.");
        self.pictures.take_as_it_is(&self.browser, &format!("{}-language", speaker.tag));
    }

    fn translates(&mut self, speaker: &Speaker) {
        self.browser
            .visit(&format!("/utilities/translate/{}/phrases?plugin=org.vestry.users&q=Invite+somebody", speaker.tag));
        self.browser.wait_for_text("Invite somebody");
        let words = speaker.invite;
        self.browser.script(&format!("document.querySelector('main textarea').value = '{words}';"));
        self.pictures.take_as_it_is(&self.browser, &format!("{}-editor", speaker.tag));
        self.browser.press("Save");
        self.browser.wait_for_text("saved");
    }

    fn reads(&mut self, speaker: &Speaker) {
        self.browser.visit("/account");
        self.chooses(speaker.tag);
        self.browser.wait_for_text(speaker.account);
        let page = self.browser.script("return document.documentElement.lang + ' ' + document.documentElement.dir;");
        assert_eq!(page, format!("{} {}", speaker.tag, speaker.direction));
        for (name, path, words) in [
            ("account", "/account", speaker.account),
            ("users", "/users", speaker.invite),
            ("nothing", "/nowhere", speaker.nothing),
            ("secrets", "/account/secrets", ""),
            ("outbox", "/outbox", ""),
            ("utilities", "/utilities", ""),
        ] {
            self.browser.visit(path);
            self.browser.wait_for_text(words);
            self.pictures.take_as_it_is(&self.browser, &format!("{}-{name}", speaker.tag));
        }
        // Who is not known yet reads what their browser is set to.
        self.stranger.asks_for(speaker.tag);
        self.stranger.visit("/account/sign-in");
        self.stranger.wait_for_text(speaker.sign_in);
        self.pictures.take_as_it_is(&self.stranger, &format!("{}-sign-in", speaker.tag));
    }

    fn chooses(&self, tag: &str) {
        let choose = "document.querySelector('#language').value = 'TAG'; \
            document.querySelector('form[action=\"/account/language\"] button').click();";
        self.browser.script(&choose.replace("TAG", tag));
    }

    fn goes_back_to_english(&mut self) {
        self.browser.visit("/account");
        self.chooses("en");
        self.browser.wait_for_text("Your account");
    }

    fn sees_how_far_they_are(&mut self) {
        self.browser.visit("/utilities/translate");
        for speaker in SPEAKERS {
            self.browser.wait_for_text(speaker.name);
        }
        self.pictures.take_as_it_is(&self.browser, "en-both");
        self.browser.check_console();
    }
}
