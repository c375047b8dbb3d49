//! Archives that are made to harm, and the sentence that each must give.

use vestry_sources::archive::unpack;

use crate::zip::{DESCRIPTOR, End, Item, STORED, deflate, item, list_of, stored, streamed, zip, zip_with};
use crate::{COMPONENT, take};

fn good() -> Item {
    item("hello.wasm", COMPONENT)
}

/// Beside a good component.
fn beside(other: Item) -> Vec<u8> {
    zip(&[good(), other])
}

fn named(name: &[u8]) -> Vec<u8> {
    beside(Item { name: name.to_vec(), ..item("", b"text") })
}

fn of_mode(mode: u32) -> Vec<u8> {
    beside(Item { mode, ..stored("link", b"/etc/passwd") })
}

fn field(id: u16, body: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &(body.len() as u16).to_le_bytes(), body].concat()
}

/// Another ZIP before the list, for who reads from the front.
fn hidden_in_gap() -> Vec<u8> {
    let end = End { before_list: zip(&[item("other.wasm", b"\0asmother")]), ..End::default() };
    zip_with(&[good()], &end)
}

/// Another ZIP in the comment, for who takes the last end that there is: whole, with places that are right for it.
fn in_comment() -> Vec<u8> {
    let outer = zip(&[good()]);
    let at = outer.len() as u32;
    let list_at = Some(at + list_of(&zip(&[good()])) as u32);
    let inner = zip_with(&[Item { offset: Some(at), ..good() }], &End { list_at, ..End::default() });
    zip_with(&[good()], &End { comment: inner, ..End::default() })
}

/// The end of a ZIP64 whose numbers differ from those of the usual end.
fn zip64_end(entries: u64) -> Vec<u8> {
    let plain = zip(&[good()]);
    let (list, end) = (list_of(&plain), plain.len() - 22);
    let mut record = 0x0606_4b50_u32.to_le_bytes().to_vec();
    record.extend(44_u64.to_le_bytes());
    record.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [entries, entries, (end - list) as u64, list as u64] {
        record.extend(number.to_le_bytes());
    }
    record.extend(0x0706_4b50_u32.to_le_bytes());
    record.extend(0_u32.to_le_bytes());
    record.extend((end as u64).to_le_bytes());
    record.extend(1_u32.to_le_bytes());
    zip_with(&[good()], &End { behind_list: record, ..End::default() })
}

fn zip64_size(size: u64, packed: u64) -> Item {
    let extra = field(1, &[size.to_le_bytes(), packed.to_le_bytes()].concat());
    Item { size: Some(u32::MAX), packed: Some(u32::MAX), extra, local_size: Some(COMPONENT.len() as u32), ..good() }
}

#[test]
fn each_is_refused_with_a_sentence() {
    let zeros = vec![0; 2 << 20];
    let wrong = |item: Item| zip(&[item]);
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", vec![], "it is neither a WebAssembly component nor a ZIP"),
        ("a text", b"(component)".to_vec(), "it is neither a WebAssembly component nor a ZIP"),
        ("a program before it", [b"MZ".as_slice(), &zip(&[good()])].concat(), "it is neither a WebAssembly"),
        ("a gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), "it is neither a WebAssembly component nor a ZIP"),
        ("a core module", b"\0asm\x01\0\0\0".to_vec(), "wasm-tools component new"),
        ("a core module inside", zip(&[item("a.wasm", b"\0asm\x01\0\0\0")]), "Build it for the target wasm32-wasip2"),
        ("a text called .wasm", zip(&[item("a.wasm", b"text")]), "its entry `a.wasm` is called .wasm and is none"),
        ("an empty .wasm", zip(&[stored("a.wasm", b"")]), "its entry `a.wasm` is called .wasm and is none"),
        ("no entries", zip(&[]), "there is no .wasm file in the ZIP"),
        ("no component", zip(&[item("README.md", b"text"), item(".wasm", COMPONENT)]), "there is no .wasm file"),
        ("a folder called so", zip(&[stored("a.wasm/", b"")]), "there is no .wasm file"),
        (
            "two components",
            zip(&[item("a.wasm", COMPONENT), item("b/c.wasm", COMPONENT)]),
            "the ZIP holds 2 .wasm files (a.wasm, b/c.wasm), and a package is one. Pack one alone",
        ),
        ("a way out", named(b"../x"), "its entry `../x` leads out of the archive by `..`. Pack it again without"),
        ("a way out, later", named(b"a/../../x"), "leads out of the archive by `..`"),
        ("a way out, at the end", named(b"a/.."), "leads out of the archive by `..`"),
        ("a way out, on Windows", named(b"..\\x"), "has a backslash in its name"),
        ("an absolute name", named(b"/etc/passwd"), "names a place on a disk"),
        ("a drive", named(b"C:/x"), "names a place on a disk"),
        ("a drive without a slash", named(b"c:x"), "names a place on a disk"),
        ("a share", named(b"\\\\server\\x"), "has a backslash in its name"),
        ("a doubled slash", named(b"a//x"), "has an empty folder name or `.` in its path"),
        ("a dot", named(b"./x"), "has an empty folder name or `.` in its path"),
        ("a zero", named(b"a.wasm\0.txt"), "its entry `a.wasm\\0.txt` has a control character in its name"),
        ("a line break", named(b"a\nb"), "its entry `a\\nb` has a control character in its name"),
        ("no name", named(b""), "has no name"),
        ("no text", named(b"a\xff"), "has a name that is not UTF-8"),
        ("a long name", named(&[b'a'; 1_025]), "has a name of more than 1024 bytes"),
        ("two names", beside(Item { extra: field(0x7075, b"\x01\0\0\0\0other"), ..item("a", b"") }), "has two names"),
        ("a link", of_mode(0o120_777), "its entry `link` is a symbolic link, not a file. Pack the file itself"),
        ("a device", of_mode(0o060_600), "is a device, not a file"),
        ("another device", of_mode(0o020_600), "is a device, not a file"),
        ("a pipe", of_mode(0o010_600), "is a pipe, not a file"),
        ("a socket", of_mode(0o140_600), "is a socket, not a file"),
        ("a folder by its mode", of_mode(0o040_755), "is a folder by its mode, not a file"),
        ("what nobody knows", of_mode(0o150_000), "is of an unknown kind, not a file"),
        ("a folder with content", beside(stored("a/", b"text")), "is a folder and has a content"),
        (
            "encrypted",
            beside(Item { flags: 1, ..item("a", b"x") }),
            "its entry `a` is encrypted. Pack it without a pass",
        ),
        ("strongly encrypted", beside(Item { flags: 1 << 6, ..item("a", b"x") }), "is encrypted"),
        ("masked", beside(Item { flags: 1 << 13, ..item("a", b"x") }), "is encrypted"),
        ("encrypted at its place", beside(Item { local_flags: Some(1), ..item("a", b"x") }), "says of its flags"),
        ("bzip2", beside(Item { method: 12, ..item("a", b"x") }), "is packed by BZIP2, which is not read here"),
        ("AES", beside(Item { method: 99, ..item("a", b"x") }), "is packed by AES, which is not read here"),
        ("no method", beside(Item { method: 4242, ..item("a", b"x") }), "is packed by method 4242, which"),
        ("twice", zip(&[good(), good()]), "its entry `hello.wasm` stands in it twice: also as `hello.wasm`"),
        ("twice, by case", zip(&[good(), item("HELLO.wasm", b"")]), "`HELLO.wasm` stands in it twice: also as `hello"),
        ("twice, by form", zip(&[item("\u{fc}", b""), item("u\u{308}", b"")]), "stands in it twice"),
        ("twice, by width", zip(&[item("a", b""), item("\u{ff21}", b"")]), "stands in it twice"),
        ("twice, as a folder", zip(&[good(), stored("a", b""), stored("a/", b"")]), "stands in it twice"),
        (
            "another name at its place",
            beside(Item { local_name: Some(b"b".to_vec()), ..item("a", b"x") }),
            "its entry `a` says of its name one thing in the list of the ZIP and another at its place",
        ),
        ("another method", beside(Item { local_method: Some(STORED), ..item("a", b"x") }), "says of its method"),
        ("another size", beside(Item { local_size: Some(7), ..item("a", b"x") }), "says of its size"),
        ("another checksum", beside(Item { local_crc: Some(7), ..item("a", b"x") }), "says of its checksum"),
        ("stored with two sizes", beside(Item { size: Some(9), ..stored("a", b"x") }), "says of its size"),
        ("over the first", beside(Item { offset: Some(0), ..item("hello.wasm2", b"") }), "says of its name"),
        (
            "the same place",
            zip(&[stored("a", b""), Item { offset: Some(0), ..stored("a", b"") }]),
            "stands in it twice",
        ),
        ("a list inside an entry", zip_with(&[good()], &End { list_at: Some(20), ..End::default() }), "damaged"),
        ("a gap", hidden_in_gap(), "before the list of entries, lies what belongs to no entry"),
        ("a gap between", zip(&[Item { behind: b"gap".to_vec(), ..good() }, item("a", b"")]), "before `a`, lies what"),
        ("a descriptor of nobody", zip(&[Item { flags: DESCRIPTOR, ..good() }]), "lies what belongs to no entry"),
        (
            "a descriptor that lies",
            zip(&[Item { crc: Some(7), ..streamed("hello.wasm", COMPONENT, true, false) }]),
            "lies what belongs to no entry",
        ),
        ("another ZIP in the comment", in_comment(), "lies what belongs to no entry"),
        ("something behind it", [zip(&[good()]), b"more".to_vec()].concat(), "something lies behind the end"),
        (
            "fewer than it says",
            zip_with(&[good()], &End { entries: Some(2), ..End::default() }),
            "says that it has 2 entries, and has 1",
        ),
        (
            "more than it says",
            zip_with(&[good(), item("a", b"")], &End { entries: Some(1), ..End::default() }),
            "says that it has 1 entries, and has 2",
        ),
        ("a wide end that differs", zip64_end(9), "the ZIP is damaged"),
        ("wide sizes over all", wrong(zip64_size(u64::MAX, COMPONENT.len() as u64)), "would have more than 64 MiB"),
        ("wide lengths over all", wrong(zip64_size(1, u64::MAX)), "damaged"),
        ("wide without a field", wrong(Item { size: Some(u32::MAX), ..good() }), "would have more than 64 MiB"),
        ("a length behind the end", wrong(Item { packed: Some(1 << 20), ..good() }), "damaged"),
        ("a place behind the end", wrong(Item { offset: Some(1 << 20), ..good() }), "damaged"),
        ("a bomb", zip(&[item("hello.wasm", &zeros)]), "would grow to more than 200 times its size"),
        ("a bomb beside", beside(item("a.bin", &zeros)), "its entry `a.bin` would grow to more than 200 times"),
        (
            "a bomb that hides its size",
            zip(&[Item { size: Some(100), ..item("hello.wasm", &zeros) }]),
            "its entry `hello.wasm` is damaged: it holds more than it announces",
        ),
        (
            "less than it says",
            zip(&[Item { size: Some(100), ..good() }]),
            "is damaged: it holds less than it announces",
        ),
        (
            "another content",
            zip(&[Item { data: Some(deflate(b"\0asm\x0d\0\x01\0Component")), ..good() }]),
            "is damaged: its checksum is of another content",
        ),
        (
            "no deflate",
            zip(&[Item { data: Some(vec![0xff; 9]), ..good() }]),
            "is damaged: what it was packed by cannot be undone",
        ),
        (
            "more behind its content",
            zip(&[Item { data: Some([deflate(COMPONENT), b"more".to_vec()].concat()), ..good() }]),
            "is damaged: something lies behind its content",
        ),
        (
            "a bomb of a README",
            zip(&[good(), Item { size: Some(100), ..item("README", &zeros) }]),
            "its entry `README` is damaged: it holds more than it announces",
        ),
        ("cut off", zip(&[good()])[..60].to_vec(), "the ZIP is damaged"),
        ("its beginning alone", b"PK\x03\x04".to_vec(), "the ZIP is damaged"),
    ];
    for (what, content, sentence) in table {
        match take(content) {
            Ok(_) => panic!("{what} was taken"),
            Err(error) => {
                let told = error.to_string();
                assert!(told.starts_with("hello.zip is not taken: "), "{what}: {told}");
                assert!(told.contains(sentence), "{what}: {told}");
            }
        }
    }
}

#[test]
fn a_file_that_lies_over_another_is_refused() {
    // A stored entry whose content is an entry, and a list that names both.
    let inner = zip(&[stored("b", b"text")]);
    let outer = stored("a", &inner[..list_of(&inner)]);
    let alone = zip(std::slice::from_ref(&outer));
    let named = Item { offset: Some(30 + 1), ..stored("b", b"text") };
    let both = zip(&[outer, named]);
    let list = list_of(&alone);
    let mut content = [&alone[..list], &both[both.len() - 22 - 2 * 47..]].concat();
    let end = content.len() - 22;
    content[end + 16..end + 20].copy_from_slice(&(list as u32).to_le_bytes());
    let told = take(content).unwrap_err().to_string();
    assert!(told.contains("its entry `b` lies over `a`. Pack it again"), "{told}");
}

#[test]
fn names_are_shown_in_one_line_and_not_without_end() {
    let name = format!("{}\n\u{1b}[31m.zip", "a".repeat(500));
    let told = unpack(b"text".to_vec(), &name).unwrap_err().to_string();
    assert!(told.starts_with(&format!("{}… is not taken", "a".repeat(120))), "{told}");
    let told = unpack(b"text".to_vec(), "a\n\u{1b}[31m").unwrap_err().to_string();
    assert!(told.starts_with("a\\n\\u{1b}[31m is not taken"), "{told}");
}
