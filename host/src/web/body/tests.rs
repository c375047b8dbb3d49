use axum::http::Request;

use super::*;

async fn read(content_type: &str, body: impl Into<Body>, limit: u64) -> Result<Incoming, Problem> {
    read_in(tempfile::tempdir().unwrap().path(), content_type, body, limit).await
}

async fn read_in(folder: &Path, content_type: &str, body: impl Into<Body>, limit: u64) -> Result<Incoming, Problem> {
    let request = Request::builder().uri("/x?q=x").header(header::CONTENT_TYPE, content_type).body(()).unwrap();
    let (parts, ()) = request.into_parts();
    Arrival::new(&parts, body.into(), folder, &Room::default(), somebody()).read(limit).await
}

fn somebody() -> Client {
    Client::Account(vestry_identity::AccountId::parse("a").unwrap())
}

/// A form with one file of this content, and the verb behind it.
fn form_with_file(content: &[u8]) -> Vec<u8> {
    let head = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.bin\"\r\n\r\n";
    let rest = "\r\n--x\r\nContent-Disposition: form-data; name=\"after\"\r\n\r\nwords\r\n--x--\r\n";
    [head.as_bytes(), content, rest.as_bytes()].concat()
}

/// The same in pieces, as a network brings it.
fn in_pieces(whole: Vec<u8>) -> Body {
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = whole.chunks(60_000).map(|piece| Ok(piece.to_vec())).collect();
    Body::from_stream(futures_util::stream::iter(pieces))
}

const MULTIPART: &str = "multipart/form-data; boundary=x";

#[tokio::test]
async fn a_form_is_read_in_its_order_and_a_body_is_kept_as_it_is() {
    let form = "key=1&key=2&name=%C3%A4+b";
    let incoming = read("application/x-www-form-urlencoded; charset=utf-8", form, 100).await.unwrap();
    let expected = [("key", "1"), ("key", "2"), ("name", "ä b")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(incoming.form, expected);
    assert!(incoming.body.is_empty());
    let incoming = read("application/json", "{}", 100).await.unwrap();
    assert_eq!((incoming.body.as_slice(), incoming.size), (&b"{}"[..], 2));
    assert!(incoming.within(1).is_err());
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_whole() {
    let never_read = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::builder().header(header::CONTENT_LENGTH, "101").body(()).unwrap();
    let (parts, ()) = request.into_parts();
    let room = Room::default();
    let arrival = Arrival::new(&parts, never_read, Path::new("/nowhere"), &room, somebody());
    assert_eq!(arrival.read(100).await.unwrap_err().status(), 413);
    for kind in ["application/json", "application/x-www-form-urlencoded", MULTIPART] {
        assert_eq!(read(kind, form_with_file(&[b' '; 101]), 100).await.unwrap_err().status(), 413, "{kind}");
    }
    let value = format!("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}", " ".repeat(33 << 20));
    let problem = read(MULTIPART, in_pieces(value.into()), 1 << 30).await.unwrap_err();
    assert_eq!(problem.status(), 413, "a field is held in memory");
}

#[tokio::test]
async fn files_come_with_a_plain_name_and_fields_beside_them() {
    let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
                --x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../etc/passwd\"\r\nContent-Type: text/plain\r\n\r\nroot\r\n\
                --x\r\nContent-Disposition: form-data; name=\"g\"; filename=\"\"\r\n\r\n\r\n--x--\r\n";
    let incoming = read(MULTIPART, body, 10_000).await.unwrap();
    assert_eq!(incoming.form, [("a".to_owned(), "1".to_owned())]);
    assert_eq!(incoming.uploads.len(), 1);
    assert_eq!(incoming.uploads[0].facts.file_name, "passwd");
    assert_eq!(incoming.uploads[0].content.piece(0, 9).unwrap(), b"root");
    assert_eq!(incoming.size, body.len() as u64);
}

#[tokio::test]
async fn a_large_file_goes_to_disk_and_leaves_nothing_there() {
    let folder = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let body = in_pieces(form_with_file(&content));
    let incoming = read_in(&folder.path().join("uploads"), MULTIPART, body, 1 << 30).await.unwrap();
    assert_eq!(incoming.uploads[0].facts.size, content.len() as u64);
    assert_eq!(incoming.form, [("after".to_owned(), "words".to_owned())]);
    assert!(incoming.share.as_ref().unwrap().bytes() < 1000, "it is not in memory");
    let middle = incoming.uploads[0].content.piece(2_000_000, 100).unwrap();
    assert_eq!(middle, content[2_000_000..2_000_100]);
    drop(incoming);
    assert_eq!(std::fs::read_dir(folder.path().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let endless = "a".repeat(4 << 20);
    let many =
        "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n1\r\n".repeat(101) + "--x--\r\n";
    for (body, told) in [
        (format!("--x\r\nContent-Disposition: form-data; name=\"a\"; more=\"{endless}"), "does not end"),
        (many, "at most 100 files"),
        ("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1".to_owned(), "RFC 7578"),
    ] {
        let problem = read(MULTIPART, in_pieces(body.into()), 1 << 30).await.unwrap_err();
        assert_eq!(problem.status(), 400);
        assert!(problem.detail().english().contains(told), "{}", problem.detail());
    }
    assert!(read("multipart/form-data", "--x--", 100).await.is_err(), "no boundary");
}

/// A form with so many files of this name, content type and size.
fn files(count: usize, name: &str, kind: &str, size: usize) -> Vec<u8> {
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    let part = [head.into_bytes(), vec![b'x'; size], b"\r\n".to_vec()].concat();
    [part.repeat(count), b"--x--\r\n".to_vec()].concat()
}

#[tokio::test]
async fn names_and_content_types_are_short_and_counted() {
    let (long, longest) = ("a".repeat(1 << 20), "a".repeat(1024));
    let field = format!("--x\r\nContent-Disposition: form-data; name=\"{long}\"\r\n\r\n1\r\n--x--\r\n");
    for (body, told) in [
        (field.into_bytes(), "name of a field"),
        (files(1, &long, "text/plain", 1), "name of a field"),
        (files(1, &format!("{longest}a"), "text/plain", 1), "name of a field"),
        (files(1, "f", &format!("text/{}", &longest[4..]), 1), "content type of a file"),
    ] {
        let problem = read(MULTIPART, in_pieces(body), 1 << 30).await.unwrap_err();
        assert_eq!(problem.status(), 400);
        assert!(
            problem.detail().english().contains(told) && problem.detail().english().len() < 200,
            "{}",
            problem.detail()
        );
    }
    let body = files(50, &longest, &format!("text/{}", &longest[5..]), 1);
    let incoming = read(MULTIPART, in_pieces(body), 1 << 30).await.unwrap();
    assert_eq!(incoming.uploads[49].facts.field, longest);
    assert_eq!(incoming.share.unwrap().bytes(), 50 * (2 * 1024 + 1 + 1));
}

#[tokio::test]
async fn a_form_of_a_visitor_has_as_many_large_files_as_there_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let (room, client) = (Room::default(), Client::visitor([192, 0, 2, 1].into()));
    let request = Request::builder().header(header::CONTENT_TYPE, MULTIPART).body(()).unwrap();
    let (parts, ()) = request.into_parts();
    let sent = async |count, size| {
        let body = in_pieces(files(count, "f", "text/plain", size));
        Arrival::new(&parts, body, folder.path(), &room, client.clone()).read(1 << 30).await
    };
    assert_eq!(sent(32, 70_000).await.unwrap().uploads.len(), 32);
    let problem = sent(33, 70_000).await.unwrap_err();
    assert_eq!(problem.status(), 400);
    assert!(problem.detail().english().contains("at most 32 files of more than 64 KiB"), "{}", problem.detail());
    assert_eq!(sent(100, 60_000).await.unwrap().uploads.len(), 100);
    let problem = read_as(&room, client.clone(), "application/json", vec![b' '; (8 << 20) + 1]).await.unwrap_err();
    assert_eq!(problem.status(), 413);
}

async fn read_as(room: &Room, client: Client, kind: &str, body: Vec<u8>) -> Result<Incoming, Problem> {
    let request = Request::builder().header(header::CONTENT_TYPE, kind).body(()).unwrap();
    let (parts, ()) = request.into_parts();
    Arrival::new(&parts, body.into(), Path::new("/nowhere"), room, client).read(1 << 30).await
}
