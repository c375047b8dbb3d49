//! What is found in templates, on the page and as data.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vestry_tests::utilities::{
    application, column, contract, docx, made_elsewhere, pdf, read, result_of, send, sending, widget, wrong_contract,
};

use crate::{HOUSE, MAY_USE, user};

#[test]
fn the_fields_of_a_pdf_are_found() {
    let (_, client) = user("Paula Pdf");
    let page = read(&client, "pdf", "Application.pdf", &application());
    assert_eq!(page["title"], "Application.pdf");
    let names = [
        "applicant_name",
        "born",
        "address",
        "state",
        "has_children",
        "case_number",
        "delivery",
        "reasons",
        "signature",
        "clear",
    ];
    assert_eq!(column(&page, "fields", "name"), names);
    let cells = |key: &str| column(&page, "fields", key).iter().map(Value::to_string).collect::<Vec<_>>();
    let types = cells("type");
    for (row, kind) in
        [(0, "Text"), (3, "Drop-down list"), (4, "Check box"), (6, "Radio buttons"), (8, "Signature"), (9, "Button")]
    {
        assert!(types[row].contains(kind), "{kind}: {}", types[row]);
    }
    // 72 points are an inch; the page has 842, and the field's upper edge is at 720.
    assert_eq!(column(&page, "fields", "place")[0], "25.4,\u{a0}43.0 · 77.6\u{a0}×\u{a0}7.1");
    assert_eq!(column(&page, "fields", "place")[6], "25.4,\u{a0}108.7 · 4.9\u{a0}×\u{a0}4.9 (+1)");
    assert_eq!(column(&page, "fields", "page"), ["1", "1", "1", "1", "1", "1", "1", "2", "2", "2"]);
    assert_eq!(column(&page, "fields", "options")[3], "Berlin (BE), Hamburg (HH), Bavaria (BY)");
    assert_eq!(column(&page, "fields", "options")[6], "post, mail");
    assert_eq!(column(&page, "fields", "value")[5], "4711/26");
    assert_eq!(column(&page, "fields", "value")[7], "(None)");
    assert_eq!(column(&page, "fields", "tooltip")[0], "Name of the applicant");
    let flags = cells("flags");
    assert!(flags[0].contains("required") && flags[1].contains("at most 10 characters"), "{flags:?}");
    assert!(flags[5].contains("read only") && flags[2].contains("several lines"), "{flags:?}");
    let blocks = &page["blocks"];
    let marks = blocks["page-1"]["marks"].as_array().expect("marks");
    assert_eq!((marks.len(), &marks[0]["label"]), (8, &json!("applicant_name")));
    assert_eq!((&blocks["page-1"]["width"], &blocks["page-1"]["height"]), (&json!(793), &json!(1123)));
    let x = marks[0]["x"].as_f64().expect("a number");
    assert!((x - 72.0 / 595.0).abs() < 0.001, "{x}");
    assert!(marks.iter().any(|mark| mark["label"] == "delivery = mail"), "{marks:#?}");
    let yaml = blocks["source"]["text"].as_str().expect("a text");
    assert!(
        yaml.contains("pdf template file: \"Application.pdf\"") && yaml.contains("- \"born\": ${ born }"),
        "{yaml}"
    );
}

#[test]
fn many_fields_come_in_pages() {
    let (_, client) = user("Mona Many");
    let pages: Vec<String> = (0..60)
        .map(|page| {
            let links: String = (0..10).map(|field| format!("{} 0 R ", 100 + page * 10 + field)).collect();
            format!("/Annots [{links}]")
        })
        .collect();
    let fields: Vec<String> = (0..600_u32)
        .map(|number| {
            let place = [50, 50 + 70 * (number % 10), 200, 20];
            widget(10 + number as usize / 10, place, &format!("/FT /Tx /T (field_{number})"))
        })
        .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let result = result_of(&send(&client, "pdf", "many.pdf", &pdf(&pages, &fields)));
    let first = client.get_json(&result).expect(200).json();
    assert_eq!((column(&first, "fields", "name").len(), &first["blocks"]["fields"]["total"]), (500, &json!(600)));
    let second = client.get_json(&format!("{result}?from=500")).expect(200).json();
    assert_eq!(column(&second, "fields", "name")[0], "field_500");
    let sheets = |page: &Value| {
        page["blocks"].as_object().expect("blocks").keys().filter(|name| name.starts_with("page-")).count()
    };
    assert_eq!(sheets(&first), 40);
    let rest = client.get_json(&format!("{result}/pages?from=40")).expect(200).json();
    assert_eq!(sheets(&rest), 20);
    assert_eq!(rest["blocks"]["page-60"]["marks"][9]["label"], "field_599");
    for odd in ["?from=99999999999999999999", "?from=-1", "?from=x", "/pages?from=9999"] {
        client.get(&format!("{result}{odd}")).expect(200);
    }
}

#[test]
fn the_variables_of_a_docx_are_found() {
    let (_, client) = user("Willi Word");
    let page = read(&client, "docx", "Contract.docx", &contract());
    let names = ["seller", "buyer", "items", "is_private", "place", "file_number"];
    assert_eq!(column(&page, "variables", "name"), names);
    assert!(column(&page, "variables", "kind")[2].to_string().contains("List"), "{page:#}");
    assert_eq!(column(&page, "variables", "paths")[2], "items[i].title, items[i].price");
    assert!(column(&page, "variables", "places")[5].to_string().contains("Header 1: 1"), "{page:#}");
    assert_eq!(column(&page, "loops", "over"), ["items"]);
    assert_eq!(column(&page, "conditions", "text"), ["is_private"]);
    assert_eq!(column(&page, "filters", "name"), ["currency", "upper"]);
    assert_eq!(
        (&column(&page, "controls", "tag")[0], &column(&page, "controls", "holds")[0]),
        (&json!("day"), &json!("1 May"))
    );
    assert_eq!(column(&page, "merge-fields", "name"), ["Customer"]);
    let blocks = &page["blocks"];
    assert!(blocks["mistakes"].is_null() && blocks["wrong"].is_null(), "{page:#}");
    let yaml = blocks["source"]["text"].as_str().expect("a text");
    assert!(yaml.contains("docx template file: Contract.docx") && yaml.contains("buyer: Individual"), "{yaml}");
}

#[test]
fn mistakes_come_first_with_their_paragraphs() {
    let (_, client) = user("Mia Mistake");
    let result = result_of(&send(&client, "docx", "letter.docx", &wrong_contract()));
    let page = client.get_json(&result).expect(200).json();
    let said = column(&page, "mistakes", "text");
    assert!(said.iter().any(|text| text == "Dear {{ client.name }"), "{said:?}");
    assert!(column(&page, "mistakes", "place")[0].to_string().contains("Document: 1"), "{page:#}");
    let html = client.get(&result).expect(200).page();
    assert!(html.text("main").contains("mistakes in this template"), "{}", html.text("main"));
    assert_eq!(html.text("details.tab[open] > summary"), "Mistakes");
}

/// What is found in each is compared with other programs by the crates that read them. Here it is what a page makes of it.
#[test]
fn what_other_programs_made_is_shown_with_what_is_odd_about_it() {
    let (_, client) = user("Carla Corpus");
    for (name, fields, said) in [
        ("inherited", 5, None),
        ("office", 8, None),
        ("reportlab-40", 5, None),
        ("large-streams", 200, None),
        ("damaged-no-table", 2, Some("The file is damaged.")),
        ("damaged-startxref", 2, Some("The file is damaged.")),
        ("unlisted", 4, Some("“parent.below” stands on a page, but the form does not list it")),
        ("nowhere", 2, Some("“ghost” stands on no page")),
        ("xfa-hybrid", 1, Some("This file has a second form, of Adobe’s own (XFA).")),
        ("xfa-only", 0, Some("drawn by a form of Adobe’s own (XFA)")),
    ] {
        let page = read(&client, "pdf", name, &made_elsewhere(&format!("pdf/{name}")));
        assert_eq!(column(&page, "fields", "name").len(), fields, "{name}");
        let blocks = page["blocks"].as_object().expect("blocks");
        let notes = blocks.iter().filter(|(block, _)| block.starts_with("note-"));
        let notes: Vec<&str> = notes.map(|(_, note)| note["text"].as_str().expect("a sentence")).collect();
        assert_eq!(notes.is_empty(), said.is_none(), "{name}: {notes:?}");
        assert!(notes.iter().any(|note| said.is_some_and(|said| note.contains(said))) || said.is_none(), "{notes:?}");
    }
    for (name, variables, places) in [
        (
            "headers",
            &["body", "office", "draft", "footer_text"][..],
            &["Document: 1", "Header 1: 1", "Footer 1: 1"][..],
        ),
        ("footnotes", &["body", "source", "year"], &["Document: 1", "Footnotes: 1"]),
        ("endnotes", &["body", "references"], &["Document: 1", "Endnotes: 1"]),
        ("comments", &["body", "reviewer"], &["Document: 1", "Comments: 1"]),
        ("text-box", &["before", "in_box", "shown", "after"], &["Document: 1", "Document: 2"]),
        ("runs-cut", &["client", "guest"], &["Document: 1"]),
    ] {
        let page = read(&client, "docx", name, &made_elsewhere(&format!("docx/{name}")));
        assert_eq!(column(&page, "variables", "name"), variables, "{name}");
        let said = column(&page, "variables", "places");
        let said: BTreeSet<&str> = said
            .iter()
            .flat_map(|cell| cell.as_array().expect("badges"))
            .filter_map(|badge| badge["label"].as_str())
            .collect();
        assert_eq!(said, places.iter().copied().collect(), "{name}");
    }
    for (name, block, rows) in [("merge-fields", "merge-fields", 2), ("content-controls", "controls", 6)] {
        let page = read(&client, "docx", name, &made_elsewhere(&format!("docx/{name}")));
        assert_eq!(page["blocks"][block]["rows"].as_array().map(Vec::len), Some(rows), "{name}");
    }
}

#[test]
fn programs_send_files_with_a_token() {
    let (person, _) = user("Tom Token");
    let program = HOUSE.with_token(&HOUSE.token(&person, &[MAY_USE]));
    let sent = |service: &str, name: &str, content: &[u8]| {
        sending(&program, service, name, content, &[]).header("accept", "application/json").send()
    };
    for (service, name, content, block) in
        [("pdf", "form.pdf", application(), "fields"), ("docx", "letter.docx", contract(), "variables")]
    {
        let led = sent(service, name, &content).expect(200).json();
        let location = led["location"].as_str().expect("a location").to_owned();
        let page = program.get_json(&location).expect(200).json();
        assert!(page["blocks"][block]["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{page:#}");
        assert!(page["blocks"]["source"]["text"].is_string(), "{page:#}");
        // The account's browser sees it as well.
        HOUSE.signed_in(&person).get(&location).expect(200);
    }
    let refused = sent("pdf", "form.pdf", b"nothing").expect(422).json();
    assert!(refused.to_string().contains("This is not a PDF file"), "{refused:#}");
    let other = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &["users.read"]));
    let refused = sending(&other, "pdf", "form.pdf", &application(), &[]).header("accept", "application/json");
    refused.send().expect_problem(403);
}

#[test]
fn what_comes_from_a_file_is_no_markup() {
    let (_, client) = user("Hanna Html");
    let field = |name: &str| {
        widget(10, [72, 700, 200, 20], &format!("/FT /Tx /T ({name}) /TU (<img src=x onerror=alert\\(1\\)>)"))
    };
    let file = pdf(&["/Annots [100 0 R]"], &[field("<script>alert\\(1\\)</script>")]);
    let result = result_of(&send(&client, "pdf", "<b>x</b>.pdf", &file));
    let page = client.get(&result).expect(200);
    assert!(
        !page.text().contains("<script>alert")
            && !page.text().contains("<img src=x")
            && !page.text().contains("<b>x</b>")
    );
    assert!(page.page().text("main").contains("<script>alert(1)</script>"));
    let file = docx(&["{{ &lt;script&gt; }} {{ ok }}"], "");
    let page = client.get(&result_of(&send(&client, "docx", "x.docx", &file))).expect(200);
    assert!(page.page().text("main").contains("{{ <script> }}"), "{}", page.page().text("main"));
}
