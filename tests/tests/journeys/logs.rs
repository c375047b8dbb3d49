//! An administrator's way through Logs, in a browser: from an error page to what was said of that request, to one line and
//! the ways from it; looking for words, a level, a time; several nodes and other programs; following; a search over
//! everything; errors, files, downloads. Every page is looked at by axe-core, in the light, in the dark and on a small
//! telephone, some from right to left.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;
use serde_json::json;
use vestry_tests::keeper::new_folder;
use vestry_tests::logs::{add, folder, line};
use vestry_tests::{Browser, House, wait_for};

use crate::pictures::Pictures;

const SOON: Duration = Duration::from_secs(20);
/// Words that stand in two lines of the large log: one of the newest and one of the oldest.
const NEEDLE: &str = "the needle 4711";
/// Kilobytes of each file of the large log.
const LARGE: u32 = 40_000;
const TRACEBACK: &str = "Traceback (most recent call last):
  File \"shop/orders.py\", line 12, in order
    raise ValueError(\"no such article\")
ValueError: no such article";

struct Journey {
    house: House,
    browser: Browser,
    downloads: PathBuf,
    pictures: Pictures,
}

#[test]
fn the_journey_through_logs() {
    let house = house();
    let mut browser = house.in_browser(&house.admin);
    // What fails answers so, and the browser says it as well.
    browser.expect_on_console("502");
    let downloads = new_folder("logs-journey-downloads");
    browser.keep_downloads_in(&downloads);
    let mut journey = Journey { house, browser, downloads, pictures: Pictures::of("logs") };

    journey.sees_the_newest_lines();
    journey.comes_from_an_error_page();
    journey.opens_a_line();
    journey.looks_for_words();
    journey.is_told_of_mistakes();
    journey.reads_several_nodes_together();
    journey.reads_what_another_program_wrote();
    journey.follows();
    journey.searches_everything();
    journey.sees_errors_grouped();
    journey.downloads();
    journey.begins_as_was_asked();
    journey.is_a_number_for_who_may_not_know();
}

fn house() -> House {
    let house = House::prepared("logs-journey", |data| {
        let others = data.parent().expect("it lies in a folder").join("others");
        add(&others.join("shop.log"), &shop());
        format!(
            "packages: {{quarantine: {{failures: 0}}}}\nlogs: {{node: first}}\n\
             directories: {{org.vestry.logs: {{others: {}}}}}\n",
            others.display()
        )
    });
    for plugin in ["probe", "hostile"] {
        house.install(plugin);
    }
    let arguments = ["privilege", "add", "log-readers", "--title", "Log readers", "--permission", "logs.read"];
    house.server.command(&arguments, "");
    add(&folder(&house.server, "second").join("vestry.log"), &of_the_second_node());
    house
}

/// A time so many seconds ago, in UTC: `2026-11-20T08:15:14`.
fn ago(seconds: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let memory = Connection::open_in_memory().expect("a database in memory opens");
    let written = "SELECT strftime('%Y-%m-%dT%H:%M:%S', ?1, 'unixepoch')";
    memory.query_row(written, [now - seconds], |row| row.get(0)).expect("a time can be written")
}

/// What Python's `logging` writes.
fn shop() -> String {
    let said = [
        (130, "INFO shop started"),
        (100, &format!("ERROR shop order 4711 failed\n{TRACEBACK}")),
        (40, "INFO shop goes on"),
    ];
    said.iter().map(|(seconds, words)| format!("{},004 {words}\n", ago(*seconds).replace('T', " "))).collect()
}

fn said(seconds: u64, node: &str, level: &str, message: &str) -> String {
    let line = json!({
        "time": format!("{}.000000Z", ago(seconds)), "level": level, "node": node, "plugin": "org.example.shop",
        "message": message, "fields": { "number": seconds },
    });
    format!("{line}\n")
}

fn of_the_second_node() -> String {
    let order = |seconds: u64| match seconds {
        _ if seconds.is_multiple_of(45) => said(seconds, "second", "error", &format!("order {seconds} cannot be paid")),
        _ if seconds.is_multiple_of(12) => said(seconds, "second", "warn", &format!("order {seconds} is late")),
        _ => said(seconds, "second", "info", &format!("order {seconds} is on its way")),
    };
    (4..=30)
        .rev()
        .map(|minute| order(minute * 60 + minute))
        .chain((1..=40).rev().map(|number| order(number * 5)))
        .collect()
}

impl Journey {
    fn sees_the_newest_lines(&mut self) {
        self.browser.visit("/probe/log?message=The+kettle+boils");
        self.browser.visit("/");
        self.browser.follow("Logs");
        self.browser.wait_for_path("/logs");
        self.browser.wait_for_text("The kettle boils");
        self.browser.wait_for_text("GET /probe/log 200");
        self.pictures.take(&self.browser, "newest");
    }

    fn comes_from_an_error_page(&mut self) {
        let nobody = self.house.person("Norbert Nothing", &[]);
        let mut browser = self.house.in_browser(&nobody);
        browser.expect_on_console("502");
        browser.visit("/hostile/trap");
        browser.wait_for_text("Request");
        assert!(!browser.has("a[href*='/logs']"), "no way to what they may not read");
        browser.check();

        self.browser.visit("/hostile/trap");
        self.browser.wait_for_text("What the log says");
        let request = self.browser.script("return document.querySelector('main dd code a').textContent;");
        let request = request.as_str().expect("a page says its request").to_owned();
        self.pictures.take_as_it_is(&self.browser, "error-page");
        self.browser.follow(&request);
        self.browser.wait_for_path("/logs?");
        self.until_it_says(&format!("Request {request}"));
        self.until_it_says("GET /hostile/trap 502");
        let lines = self.lines();
        assert!(lines.len() >= 2 && lines.iter().all(|line| !line.contains("kettle")), "{lines:#?}");
        self.pictures.take(&self.browser, "of-a-request");
    }

    fn opens_a_line(&mut self) {
        self.browser.visit("/logs?text=kettle&file=server-logs%3Avestry.log");
        self.browser.click_on(".log-text a");
        self.browser.wait_for_path("/logs/line");
        self.browser.wait_for_text("All of this request");
        let words = self.browser.words();
        for word in ["The kettle boils", "org.example.probe", "\"message\":\"The kettle boils\"", "\"actor\""] {
            assert!(words.contains(word), "{word} stands in: {words}");
        }
        assert!(self.in_main(&self.house.admin.name), "who asked: {words}");
        self.pictures.take(&self.browser, "line");
        let line = self.browser.path();
        self.browser.follow_or_press("All of this request");
        self.browser.wait_for_text("GET /probe/log 200");
        assert_eq!(self.lines().len(), 2, "what the plugin said, and the request: {:#?}", self.lines());
        self.browser.visit(&line);
        self.browser.follow_or_press("This person's lines");
        self.browser.wait_for_text("Person ");
        let lines = self.lines();
        assert!(lines.len() > 1 && lines[0].contains("kettle"), "back from that line on: {lines:#?}");
        assert!(self.in_main(&self.house.admin.name), "who that is: {}", self.browser.words());
        self.pictures.take(&self.browser, "of-a-person");
    }

    fn looks_for_words(&mut self) {
        self.browser.visit("/logs?order=first");
        self.browser.fill("text", "cannot be paid");
        self.browser.press("Find");
        self.browser.wait_for_path("/logs?text=cannot");
        let marked =
            self.browser.script("return [...document.querySelectorAll('mark')].map(mark => mark.textContent);");
        let marked: Vec<String> = serde_json::from_value(marked).expect("words");
        assert!(!marked.is_empty() && marked.len() == self.lines().len(), "{marked:?} of {:#?}", self.lines());
        assert!(marked.iter().all(|mark| mark == "cannot be paid"), "{marked:?}");
        self.pictures.take(&self.browser, "words");
        self.pictures.take_from_right_to_left(&self.browser, "words");

        self.browser.fill("text", r"order \d5 is (late|on)");
        self.choose("as", "regex");
        self.browser.press("Find");
        self.browser.wait_for_path("/logs?text=order");
        assert_eq!(self.lines().len(), 8, "15 to 95, of which 45 cannot be paid: {:#?}", self.lines());

        self.browser.visit("/logs?node=second");
        self.choose("level", "warn");
        self.browser.fill("from", "20m");
        self.browser.press("Find");
        self.browser.wait_for_path("/logs?text=");
        let lines = self.lines();
        assert_eq!(lines.len(), 7, "of the last minutes six, one from 12 minutes ago, none from 24: {lines:#?}");
        assert!(lines.iter().all(|line| line.contains("late") || line.contains("paid")), "{lines:#?}");
    }

    fn is_told_of_mistakes(&mut self) {
        self.browser.visit("/logs?node=second");
        self.browser.fill("text", "(order");
        self.choose("as", "regex");
        self.browser.fill("from", "soon");
        self.browser.press("Find");
        self.browser.wait_for_text("`soon` is no time");
        assert_eq!(self.value("text"), "(order");
        assert_eq!((self.value("as"), self.value("from")), ("regex".to_owned(), "soon".to_owned()));
        self.browser.fill("from", "1h");
        self.browser.press("Find");
        self.browser.wait_for_text("cannot be used");
        assert_eq!((self.value("text"), self.value("from")), ("(order".to_owned(), "1h".to_owned()));
        self.pictures.take(&self.browser, "mistake");
        self.browser.fill("text", "(order)");
        self.browser.press("Find");
        self.until_it_says("order 45");
    }

    fn reads_several_nodes_together(&mut self) {
        self.browser.visit("/logs?order=last&from=100s");
        for node in ["first", "second"] {
            self.browser.tick(&format!("input[name='node'][value='{node}']"), true);
        }
        for file in ["access.log", "vestry.log"] {
            self.browser.tick(&format!("input[name='file'][value='server-logs:{file}']"), true);
        }
        self.browser.press("Find");
        self.browser.wait_for_path("/logs?text=");
        let sources = "return [...new Set([...document.querySelectorAll('.log-source')]
            .map(source => source.textContent + ' ' + getComputedStyle(source, '::before').backgroundColor))].sort();";
        let sources: Vec<String> = serde_json::from_value(self.browser.script(sources)).expect("words");
        let names: Vec<&str> = sources.iter().filter_map(|source| source.split(' ').next()).collect();
        assert_eq!(names, ["first/access.log", "first/vestry.log", "second/vestry.log"]);
        let colours: std::collections::BTreeSet<_> =
            sources.iter().filter_map(|source| source.split_once(' ')).map(|(_, colour)| colour).collect();
        assert_eq!(colours.len(), 3, "each has a colour of its own: {sources:?}");
        let times = "return [...document.querySelectorAll('.log-time time')].map(time => time.dateTime);";
        let times: Vec<String> = serde_json::from_value(self.browser.script(times)).expect("times");
        assert!(times.len() > 20 && times.is_sorted(), "merged by time, the newest below: {times:#?}");
        self.pictures.take(&self.browser, "nodes");
    }

    fn reads_what_another_program_wrote(&mut self) {
        self.browser.visit("/logs?file=others%3Ashop.log");
        self.browser.wait_for_text("shop goes on");
        let lines = self.lines();
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert!(lines[1].contains("order 4711 failed") && lines[1].contains(TRACEBACK), "{}", lines[1]);
        self.pictures.take(&self.browser, "traceback");
        self.browser.click_on("li.log-danger .log-text a");
        self.browser.wait_for_path("/logs/line");
        self.browser.wait_for_text("ValueError: no such article");
        self.browser.screenshot("logs-traceback-line");
        self.browser.check();
    }

    fn follows(&mut self) {
        for (order, node, newest) in [("first", "till-1", "0"), ("last", "till-2", "box.scrollHeight")] {
            let file = folder(&self.house.server, node).join("tills.log");
            add(&file, &said(1, node, "info", "till 0 opens"));
            self.browser.visit(&format!("/logs?node={node}&order={order}"));
            self.browser.follow_or_press("Follow");
            self.browser.wait_for_text("Pause");
            let say = |numbers: std::ops::Range<u32>| {
                add(
                    &file,
                    &numbers.map(|number| said(0, node, "info", &format!("till {number} opens"))).collect::<String>(),
                )
            };
            say(1..60);
            self.browser.wait_for_text("till 59 opens");
            // Somebody reads elsewhere.
            let away = if order == "first" { "box.scrollHeight" } else { "0" };
            self.browser.script(&format!("const box = document.querySelector('[data-rows]'); box.scrollTop = {away};"));
            say(60..67);
            self.browser.wait_for_text("7 new lines");
            match order {
                "first" => self.pictures.take_as_it_is(&self.browser, "followed"),
                _ => self.browser.screenshot("logs-followed-newest-last"),
            }
            self.browser.press("7 new lines");
            let there = format!(
                "const box = document.querySelector('[data-rows]'); const at = Math.min({newest}, box.scrollHeight - box.clientHeight);
                return Math.abs(box.scrollTop - at) < 2 && document.querySelector('[data-rows-more]').hidden;"
            );
            assert!(
                wait_for(SOON, || (self.browser.script(&there) == true).then_some(())).is_some(),
                "it leads to the newest"
            );
            self.browser.follow_or_press("Pause");
            self.browser.wait_for_text("Follow");
            say(67..70);
            std::thread::sleep(Duration::from_millis(1_200));
            assert!(!self.browser.words().contains("till 68 opens"), "it stands still");
            self.browser.follow_or_press("Follow");
            self.browser.wait_for_text("till 69 opens");
            say(70..75);
            self.browser.wait_for_text("till 74 opens");
            let mut numbers: Vec<u32> = self
                .lines()
                .iter()
                .filter_map(|line| line.split("till ").nth(1)?.split(' ').next()?.parse().ok())
                .collect();
            if order == "first" {
                numbers.reverse();
            }
            assert_eq!(numbers, (0..75).collect::<Vec<_>>(), "each once, in its order");
        }
    }

    fn searches_everything(&mut self) {
        let large = folder(&self.house.server, "archive");
        let fill = |seconds: std::ops::Range<u32>| -> String {
            seconds.map(|second| line(second, "info", &format!("filler {}", "x".repeat(1_000)))).collect()
        };
        add(&large.join("large.log.2"), &[line(0, "info", NEEDLE), fill(1..LARGE)].concat());
        add(&large.join("large.log.1"), &fill(LARGE..2 * LARGE));
        add(&large.join("large.log"), &[fill(2 * LARGE..86_000), line(86_001, "info", NEEDLE)].concat());
        self.browser.visit("/logs?node=archive&as=regex&text=n[e]{2}dle+4\\d%2B&to=2026-11-20T23:50");
        self.browser.wait_for_text("Search older lines");
        self.pictures.take(&self.browser, "further");
        let looked = self.how_far().expect("it says how far it looked");
        self.browser.follow_or_press("Search older lines");
        self.browser.wait_for_path("/logs?");
        let further = wait_for(SOON, || self.how_far().filter(|further| *further < looked));
        assert!(further.is_some(), "back from {looked}:\n{}", self.browser.words());

        self.browser.visit("/logs?node=archive&as=regex&text=n[e]{2}dle+4\\d%2B");
        self.browser.wait_for_text("Looked back to");
        self.browser.follow_or_press("Search everything");
        self.browser.wait_for_path("/logs/search/");
        let running = wait_for(SOON, || {
            let words = self.browser.words();
            let progress =
                self.browser.script("return document.querySelector('.job progress')?.value ?? 0;").as_f64()?;
            (words.contains("Running") && words.contains(NEEDLE) && progress > 0.0).then_some(words)
        });
        let running = running.unwrap_or_else(|| panic!("it is seen while it runs:\n{}", self.browser.words()));
        assert_eq!(running.matches(NEEDLE).count(), 1, "{running}");
        self.browser.screenshot("logs-search-running");
        self.browser.wait_for_text("Done");
        let both = || (self.lines().len() == 2).then_some(());
        assert!(wait_for(SOON, both).is_some(), "{:#?}", self.lines());
        self.pictures.take(&self.browser, "searched");
    }

    fn sees_errors_grouped(&mut self) {
        self.browser.visit("/logs?order=first");
        self.browser.follow_or_press("Errors");
        self.browser.wait_for_path("/logs/errors");
        self.browser.wait_for_text("order # cannot be paid");
        assert!(self.browser.has("#b-hours svg"), "a chart by hour");
        self.pictures.take(&self.browser, "errors");
        self.pictures.take_from_right_to_left(&self.browser, "errors");
        self.browser.click_on("#b-groups a[href*='cannot']");
        self.browser.wait_for_path("/logs?");
        self.until_it_says("cannot be paid");
        assert!(self.lines().iter().all(|line| line.contains("cannot be paid")), "{:#?}", self.lines());
    }

    fn downloads(&mut self) {
        self.browser.visit("/logs?node=second&level=error");
        self.browser.follow_or_press("Download these lines");
        let lines = self.downloaded("lines.log");
        let expected: String = of_that_level(&folder(&self.house.server, "second").join("vestry.log"), "error");
        assert_eq!(lines, expected);
        assert!(self.browser.path().starts_with("/logs?"), "the page stays");

        self.browser.visit("/logs/files");
        self.browser.wait_for_text("Every request: who asked for what");
        self.pictures.take(&self.browser, "files");
        self.browser.click_on("a[href*='second%2Fvestry.log'], form:has([value*='second/vestry.log']) button");
        let file = self.downloaded("second-vestry.log");
        assert_eq!(
            file,
            fs::read_to_string(folder(&self.house.server, "second").join("vestry.log")).expect("it is there")
        );
    }

    fn begins_as_was_asked(&mut self) {
        self.browser.visit("/logs?node=second&level=warn&order=last");
        self.browser.follow_or_press("Remember this view");
        self.browser.wait_for_text("Logs opens like this from now on.");
        self.pictures.take_as_it_is(&self.browser, "remembered");
        let lines = self.lines();
        self.browser.visit("/");
        self.browser.follow("Logs");
        self.browser.wait_for_text("order 45 cannot be paid");
        assert_eq!(self.lines(), lines);
        assert_eq!((self.value("level"), self.value("order")), ("warn".to_owned(), "last".to_owned()));
    }

    fn is_a_number_for_who_may_not_know(&mut self) {
        let reader = self.house.person("Rosa Reader", &["log-readers"]);
        self.browser = self.house.in_browser(&reader);
        self.browser.visit("/logs?text=kettle&file=server-logs%3Avestry.log");
        self.browser.click_on(".log-text a");
        self.browser.wait_for_text("All of this request");
        self.browser.wait_for_text("logs.people");
        assert!(!self.browser.words().contains(&self.house.admin.name), "{}", self.browser.words());
        self.pictures.take(&self.browser, "line-without-people");
        self.browser.follow_or_press("This person's lines");
        self.browser.wait_for_text("Person ");
        assert!(self.lines().iter().any(|line| line.contains("kettle")), "{:#?}", self.lines());
        assert!(!self.browser.words().contains(&self.house.admin.name), "{}", self.browser.words());
    }

    /// The time that the page says it looked back to.
    #[track_caller]
    fn how_far(&self) -> Option<String> {
        let words = self.browser.words();
        let (_, said) = words.split_once("Looked back to ")?;
        said.split_once(" UTC").map(|(time, _)| time.to_owned())
    }

    /// Whether the page itself says this; what is around it names the person who looks.
    #[track_caller]
    fn in_main(&self, words: &str) -> bool {
        let said = self.browser.script("return document.querySelector('main').innerText;");
        said.as_str().is_some_and(|said| said.contains(words))
    }

    /// What each line of the page says.
    #[track_caller]
    fn lines(&self) -> Vec<String> {
        let texts =
            self.browser.script("return [...document.querySelectorAll('.log-text')].map(line => line.innerText);");
        serde_json::from_value(texts).expect("lines are words")
    }

    #[track_caller]
    fn value(&self, name: &str) -> String {
        let value = self.browser.script(&format!("return document.querySelector(\"main [name='{name}']\").value;"));
        value.as_str().expect("a field has a value").to_owned()
    }

    #[track_caller]
    fn choose(&self, name: &str, value: &str) {
        self.browser.click_on(&format!("main [name='{name}'] option[value='{value}']"));
    }

    /// Opens the page anew until it says this: what was logged a moment ago may be on its way still.
    #[track_caller]
    fn until_it_says(&self, words: &str) {
        let said = wait_for(SOON, || {
            let said = self.browser.words().contains(words).then_some(());
            said.or_else(|| {
                std::thread::sleep(Duration::from_millis(300));
                self.browser.visit(&self.browser.path());
                None
            })
        });
        assert!(said.is_some(), "`{words}` is not said on {}:\n{}", self.browser.path(), self.browser.words());
    }

    /// What the browser saved under this name, once all of it is there.
    #[track_caller]
    fn downloaded(&self, name: &str) -> String {
        let names = || -> Vec<String> {
            let files = fs::read_dir(&self.downloads).expect("the folder can be listed").flatten();
            files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
        };
        let is_whole = || !names().iter().any(|name| name.ends_with(".crdownload"));
        let saved = || fs::read_to_string(self.downloads.join(name)).ok().filter(|text| !text.is_empty() && is_whole());
        wait_for(SOON, saved).unwrap_or_else(|| panic!("{name} was not downloaded, but {:?}", names()))
    }
}

/// Lines of a file as they stand there, of one level.
fn of_that_level(file: &Path, level: &str) -> String {
    let text = fs::read_to_string(file).expect("it is there");
    text.split_inclusive('\n').filter(|line| line.contains(&format!("\"level\":\"{level}\""))).collect()
}
