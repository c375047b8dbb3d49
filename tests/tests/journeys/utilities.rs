//! A clerk's way through Utilities, in a browser: from the list to the fields of a PDF, their places and the block to copy;
//! to the variables of a contract and the mistakes of another; back to what was found before, and letting go of it. Every
//! page is looked at by axe-core, in the light, in the dark and on a small telephone, some from right to left.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use vestry_tests::keeper::new_folder;
use vestry_tests::utilities::{application, contract, wrong_contract};
use vestry_tests::{Browser, House, wait_for};

use crate::pictures::Pictures;

struct Journey {
    browser: Browser,
    /// Templates to choose from, and what is downloaded.
    folder: PathBuf,
    pictures: Pictures,
}

#[test]
fn the_journey_through_utilities() {
    let house = House::open("utilities-journey");
    house.install("board");
    let clerk = house.person("Clara Clerk", &["developer"]);
    let mut browser = house.in_browser(&clerk);
    // A form that is refused answers so, and the browser says it as well.
    browser.expect_on_console("422");
    let folder = new_folder("utilities-journey-files");
    browser.keep_downloads_in(&folder);
    let locked = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/utilities/pdf/tests/files/locked-6-password.pdf");
    for (name, content) in [
        ("Application.pdf", application()),
        ("Locked.pdf", fs::read(locked).expect("it is there")),
        ("Contract.docx", contract()),
        ("Letter.docx", wrong_contract()),
    ] {
        fs::write(folder.join(name), content).expect("a file can be written");
    }
    let mut journey = Journey { browser, folder, pictures: Pictures::of("utilities") };

    journey.finds_a_utility();
    journey.sees_the_fields_of_a_pdf();
    journey.sees_where_they_stand();
    journey.takes_the_block_along();
    journey.opens_one_with_a_password();
    journey.sees_the_variables_of_a_contract();
    journey.is_told_of_mistakes();
    journey.finds_results_again();
}

impl Journey {
    fn finds_a_utility(&mut self) {
        self.browser.visit("/");
        self.browser.follow("Utilities");
        self.browser.wait_for_path("/utilities");
        self.browser.wait_for_text("Notice board");
        self.browser.wait_for_text("Nothing yet.");
        self.pictures.take(&self.browser, "list");
        self.browser.fill("q", "board");
        self.browser.press("Find");
        self.browser.wait_for_path("/utilities?q=board");
        assert!(!self.browser.words().contains("Fields of a PDF template"), "{}", self.browser.words());
        self.browser.fill("q", "nothing like this");
        self.browser.press("Find");
        self.browser.wait_for_text("Nothing begins with");
        self.pictures.take(&self.browser, "nothing-found");
        self.browser.fill("q", "pdf");
        self.browser.press("Find");
        self.browser.wait_for_path("/utilities?q=pdf");
        self.browser.follow("Fields of a PDF template");
        self.browser.wait_for_path("/utilities/pdf");
        self.pictures.take(&self.browser, "pdf-form");
    }

    fn sees_the_fields_of_a_pdf(&mut self) {
        self.sends("Application.pdf");
        self.browser.wait_for_path("/utilities/results/");
        for word in ["applicant_name", "Radio buttons", "Berlin (BE)", "Street, number, place", "25.4,\u{a0}43.0"] {
            self.browser.wait_for_text(word);
        }
        self.pictures.take(&self.browser, "fields");
        self.pictures.take_from_right_to_left(&self.browser, "fields");
    }

    fn sees_where_they_stand(&mut self) {
        self.browser.click_on("#s-pages > summary");
        self.browser.wait_for_text("Page 1, 7 fields");
        let boxes = self.browser.script("return document.querySelectorAll('.picture .spot').length;");
        assert_eq!(boxes, 11, "each field in its places");
        self.pictures.take_as_it_is(&self.browser, "pages");
    }

    fn takes_the_block_along(&mut self) {
        self.browser.click_on("#s-block > summary");
        self.browser.wait_for_text("pdf template file: \"Application.pdf\"");
        self.pictures.take_as_it_is(&self.browser, "block");
        self.browser.follow_or_press("Download as YAML");
        assert!(self.downloaded("Application-fields.yml").contains("pdf template file: \"Application.pdf\""));
        self.browser.follow_or_press("Download as CSV");
        assert!(self.downloaded("Application-fields.csv").contains("applicant_name,text,1,72,122,220,20"));
        self.browser.follow_or_press("Download as JSON");
        assert!(self.downloaded("Application-fields.json").contains("\"applicant_name\""));
    }

    fn opens_one_with_a_password(&mut self) {
        self.browser.follow_or_press("Read another file");
        self.browser.wait_for_path("/utilities/pdf");
        self.sends("Letter.docx");
        self.browser.wait_for_text("This is not a PDF file");
        self.pictures.take_as_it_is(&self.browser, "not-a-pdf");
        self.sends("Locked.pdf");
        self.browser.wait_for_text("Type its password here");
        self.pictures.take_as_it_is(&self.browser, "password");
        self.browser.fill("password", "geheim");
        self.sends("Locked.pdf");
        self.browser.wait_for_path("/utilities/results/");
        self.browser.wait_for_text("Opens with a password only");
    }

    fn sees_the_variables_of_a_contract(&mut self) {
        self.browser.follow_or_press("All utilities");
        self.browser.follow("Fields of a DOCX template");
        self.browser.wait_for_path("/utilities/docx");
        self.pictures.take(&self.browser, "docx-form");
        self.sends("Contract.docx");
        self.browser.wait_for_path("/utilities/results/");
        for word in ["is_private", "items[i].title", "Header 1: 1", "Yes or no"] {
            self.browser.wait_for_text(word);
        }
        self.pictures.take(&self.browser, "variables");
        for (tab, word) in
            [("logic", "currency"), ("word", "Day of the contract"), ("block", "docx template file: Contract.docx")]
        {
            self.browser.click_on(&format!("#s-{tab} > summary"));
            self.browser.wait_for_text(word);
            self.pictures.take_as_it_is(&self.browser, tab);
        }
    }

    fn is_told_of_mistakes(&mut self) {
        self.browser.follow_or_press("Read another file");
        self.browser.wait_for_path("/utilities/docx");
        self.sends("Letter.docx");
        self.browser.wait_for_path("/utilities/results/");
        self.browser.wait_for_text("mistakes in this template");
        self.browser.wait_for_text("Dear {{ client.name }");
        self.pictures.take(&self.browser, "mistakes");
    }

    fn finds_results_again(&mut self) {
        self.browser.visit("/utilities");
        for name in ["Letter.docx", "Contract.docx", "Locked.pdf", "Application.pdf"] {
            self.browser.wait_for_text(name);
        }
        self.pictures.take(&self.browser, "recent");
        self.pictures.take_from_right_to_left(&self.browser, "recent");
        self.browser.follow("Application.pdf");
        self.browser.wait_for_text("applicant_name");
        self.browser.follow_or_press("Delete");
        self.browser.wait_for_text("Delete what was found in Application.pdf?");
        self.browser.click_on("dialog[open] .btn-danger");
        self.browser.wait_for_text("Application.pdf is deleted.");
        self.pictures.take_as_it_is(&self.browser, "deleted");
        self.browser.visit("/utilities");
        assert!(!self.browser.words().contains("Application.pdf"), "{}", self.browser.words());
    }

    /// Chooses a file of the folder and sends the form.
    #[track_caller]
    fn sends(&self, name: &str) {
        self.browser.choose("file", &self.folder.join(name));
        self.browser.press("Read the fields");
    }

    /// What the browser saved under this name, once all of it is there.
    #[track_caller]
    fn downloaded(&self, name: &str) -> String {
        let saved = || fs::read_to_string(self.folder.join(name)).ok().filter(|text| !text.is_empty());
        wait_for(Duration::from_secs(10), saved).unwrap_or_else(|| panic!("{name} was not downloaded"))
    }
}
