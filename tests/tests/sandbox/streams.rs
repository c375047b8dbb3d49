//! Downloads and uploads of any size: what they cost, and how they end.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use vestry_tests::grants::{give, take};
use vestry_tests::{Client, House, Server, Transfer, wait_for};

static HOUSE: LazyLock<House> = LazyLock::new(|| house("streams"));

const MIB: u64 = 1 << 20;
const GIGABYTE: u64 = 1_000_000_000;
/// How much more than idle a transfer may take.
const ALLOWED: u64 = 32 * MIB;

/// A server whose worker has a directory, beside the data.
fn house(name: &str) -> House {
    let house = House::prepared(name, |data| {
        let files = files_beside(data);
        fs::create_dir(&files).expect("a directory can be made");
        format!("directories: {{org.example.worker: {{files: {}}}}}\n", files.display())
    });
    house.install("worker");
    house
}

fn files_beside(data: &Path) -> PathBuf {
    data.with_file_name("files")
}

fn kept(house: &House, name: &str) -> PathBuf {
    files_beside(house.server.data()).join(name)
}

/// What the worker sends, hashed: the highest byte of each place times a large odd number.
fn hash_of_big(bytes: u64) -> [u8; 32] {
    let (mut hash, mut product, mut buffer) = (Sha256::new(), 0_u64, Vec::with_capacity(1 << 20));
    let mut left = bytes;
    while left > 0 {
        let count = left.min(MIB);
        buffer.clear();
        for _ in 0..count {
            buffer.push((product >> 56) as u8);
            product = product.wrapping_add(0x9e37_79b9_7f4a_7c15);
        }
        hash.update(&buffer);
        left -= count;
    }
    hash.finalize().into()
}

const BOUNDARY: &str = "a-boundary-of-the-tests";

/// Sends a form with one file of that size and then the name to keep it under; answers what the worker says, and the
/// SHA-256 of the file.
fn upload(client: &Client, bytes: u64, keep: &str) -> (u16, String, [u8; 32]) {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!(
        "\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"keep\"\r\n\r\n{keep}\r\n--{BOUNDARY}--\r\n"
    );
    let length = head.len() as u64 + bytes + tail.len() as u64;
    let call = client.call("POST", "/worker/upload").header("accept", "application/json");
    let call = call.header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}"));
    let mut socket = call.header("content-length", &length.to_string()).open();
    let (mut hash, mut left, mut seed) = (Sha256::new(), bytes, 1_u64);
    let mut block = vec![0_u8; 1 << 20];
    for byte in &mut block {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        *byte = (seed >> 56) as u8;
    }
    socket.write_all(head.as_bytes()).expect("the form is taken");
    while left > 0 {
        // Each block is another, so that one in the wrong place shows.
        block[..8].copy_from_slice(&left.to_le_bytes());
        let part = &block[..usize::try_from(left.min(MIB)).expect("it fits")];
        hash.update(part);
        socket.write_all(part).expect("the file is taken");
        left -= part.len() as u64;
    }
    socket.write_all(tail.as_bytes()).expect("the form is taken");
    let answer = Transfer::of(socket);
    (answer.status, answer.text(), hash.finalize().into())
}

/// Says that something has ended, also where it panicked.
struct Ending<'e>(&'e AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The most memory that the server holds while something happens.
fn most_memory<T>(server: &Server, work: impl FnOnce() -> T) -> (T, u64) {
    let (ended, most) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                most.fetch_max(server.resident_bytes(), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(10));
            }
        });
        let ending = Ending(&ended);
        let done = work();
        drop(ending);
        (done, most.load(Ordering::Relaxed))
    })
}

#[test]
fn a_gigabyte_goes_down_and_up_in_little_memory_and_nobody_waits_for_it() {
    let house = house("gigabyte");
    let client = house.as_admin();
    // Once around, so that memory of the start and of signing in is given back, and is not counted for idle.
    Transfer::get(&client, "/worker/big?bytes=100000000").finish();
    upload(&client, 5_000_000, "warm.bin");
    Transfer::get(&client, "/worker/file?path=warm.bin").finish();
    thread::sleep(Duration::from_secs(3));
    let idle = house.server.resident_bytes();
    let told = |what: &str, most: u64, took: Duration| {
        println!(
            "{what}: {:.1} MiB idle, {:.1} MiB at most, {:.1} s",
            idle as f64 / MIB as f64,
            most as f64 / MIB as f64,
            took.as_secs_f64()
        );
        assert!(most < idle + ALLOWED, "{what} took {} bytes more than idle", most - idle);
    };

    let expected = hash_of_big(GIGABYTE);
    let (began, used) = (Instant::now(), house.server.processor_time());
    let download = || Transfer::get(&client, &format!("/worker/big?bytes={GIGABYTE}")).finish();
    let ((count, hash, whole), most) = most_memory(&house.server, download);
    told("a download of 1 GB, made by the plugin", most, began.elapsed());
    assert_eq!((count, whole), (GIGABYTE, true));
    assert_eq!(hash, expected);
    println!("the server has worked for it {:?}", house.server.processor_time() - used);

    let began = Instant::now();
    let ((status, answer, sent), most) = most_memory(&house.server, || upload(&client, GIGABYTE, "in/big.bin"));
    told("an upload of 1 GB, kept", most, began.elapsed());
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("\"in/big.bin\"") && answer.contains("1000000000"), "{answer}");
    assert_eq!(fs::metadata(kept(&house, "in/big.bin")).expect("it is kept").len(), GIGABYTE);
    assert_eq!(fs::read_dir(house.server.data().join("uploads")).expect("it was there").count(), 0);

    let began = Instant::now();
    let download = || Transfer::get(&client, "/worker/file?path=in/big.bin").finish();
    let ((count, hash, whole), most) = most_memory(&house.server, download);
    told("a download of 1 GB, out of the directory", most, began.elapsed());
    assert_eq!((count, whole), (GIGABYTE, true));
    assert_eq!(hash, sent);

    // Those who read slowly hold one piece each, and nobody waits for them.
    let mut slow: Vec<_> = (0..8).map(|_| Transfer::get(&client, &format!("/worker/big?bytes={GIGABYTE}"))).collect();
    let began = Instant::now();
    let worst = || {
        let mut worst = Duration::ZERO;
        for _ in 0..20 {
            for transfer in &mut slow {
                transfer.some(&mut [0; 10_000]);
            }
            let asked = Instant::now();
            client.get("/worker").expect(200);
            worst = worst.max(asked.elapsed());
            thread::sleep(Duration::from_millis(50));
        }
        worst
    };
    let used = house.server.processor_time();
    let (worst, most) = most_memory(&house.server, worst);
    println!(
        "beside eight slow readers a page takes {worst:?} at most, the server {:?}",
        house.server.processor_time() - used
    );
    assert!(worst < Duration::from_secs(2), "a page took {worst:?}");
    // A piece, and what the connection holds of the one before.
    let each = (most.saturating_sub(idle)) / 8;
    println!("eight slow readers: {:.1} MiB at most, {} KiB each", most as f64 / MIB as f64, each >> 10);
    assert!(most < idle + 8 * 4 * MIB + ALLOWED, "{most}, idle {idle}");
    assert!(began.elapsed() < Duration::from_secs(60));

    // Those who hang up end it.
    drop(slow);
    thread::sleep(Duration::from_secs(1));
    let used = house.server.processor_time();
    thread::sleep(Duration::from_secs(1));
    let idle_use = house.server.processor_time() - used;
    println!("a second after all have hung up the server uses {idle_use:?} in a second");
    assert!(idle_use < Duration::from_millis(300), "it goes on working: {idle_use:?}");
    fs::remove_file(kept(&house, "in/big.bin")).expect("it can be removed");
}

#[test]
fn who_hangs_up_in_the_middle_ends_the_work_for_it() {
    let house = house("hang-up");
    let client = house.as_admin();
    let mut transfer = Transfer::get(&client, &format!("/worker/big?bytes={}", 100 * GIGABYTE));
    let mut buffer = vec![0; 1 << 20];
    let reading = Instant::now();
    while reading.elapsed() < Duration::from_secs(1) {
        assert!(transfer.some(&mut buffer) > 0);
    }
    drop(transfer);
    let quiet = wait_for(Duration::from_secs(1), || {
        let used = house.server.processor_time();
        thread::sleep(Duration::from_millis(200));
        (house.server.processor_time() - used < Duration::from_millis(30)).then_some(())
    });
    assert!(quiet.is_some(), "the server goes on working for nobody");
}

#[test]
fn losing_the_session_breaks_a_download_off() {
    let client = HOUSE.signed_in(&HOUSE.person("Dora Download", &[]));
    for path in [format!("/worker/big?bytes={GIGABYTE}"), "/worker/file?path=sparse.bin".to_owned()] {
        let window = HOUSE.signed_in(&HOUSE.person("Dora Download", &[]));
        let file = fs::File::create(kept(&HOUSE, "sparse.bin")).expect("a file can be made");
        file.set_len(GIGABYTE).expect("a file can have holes");
        let mut transfer = Transfer::get(&window, &path);
        assert_eq!(transfer.status, 200);
        assert!(transfer.some(&mut [0; 1000]) > 0);
        window.post("/account/sign-out", &[]);
        let began = Instant::now();
        let (count, _, whole) = transfer.finish();
        println!("{path}: {count} bytes came after the session had ended, in {:?}", began.elapsed());
        assert!(!whole, "{path} goes on");
        assert!(count < 64 * MIB, "what was on its way: {count}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert!(Transfer::get(&window, &path).status != 200);
    }
    client.get("/worker").expect(200);
    assert!(HOUSE.server.log().contains("a download was broken off"));
}

#[test]
fn switching_the_feature_off_breaks_its_downloads_off() {
    let house = house("switched-off");
    let client = house.as_admin();
    let mut transfer = Transfer::get(&client, &format!("/worker/big?bytes={}", 100 * GIGABYTE));
    assert!(transfer.some(&mut [0; 1000]) > 0);
    house.server.command(&["package", "disable", "org.example.worker"], "");
    let began = Instant::now();
    let (_, _, whole) = transfer.finish();
    println!("a download of a feature that is switched off ends in {:?}", began.elapsed());
    assert!(!whole && began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    client.get("/worker").expect(503);
}

#[test]
fn taking_the_directory_away_breaks_its_downloads_off() {
    let house = house("directory-taken");
    let admin = house.as_admin();
    let file = fs::File::create(kept(&house, "sparse.bin")).expect("a file can be made");
    file.set_len(GIGABYTE).expect("a file can have holes");
    let mut transfer = Transfer::get(&admin, "/worker/file?path=sparse.bin");
    assert_eq!(transfer.status, 200);
    assert!(transfer.some(&mut [0; 1000]) > 0);
    take(&admin, "worker", "directory-write files");
    let (count, _, whole) = transfer.finish();
    println!("{count} bytes came after the directory was taken away");
    assert!(!whole && count < 64 * MIB, "what was on its way: {count}");
    assert!(house.server.log().contains("the grant of its directory was taken away"));
    assert_eq!(Transfer::get(&admin, "/worker/file?path=sparse.bin").status, 403);
    give(&admin, "worker", "directory-write files");
    assert_eq!(Transfer::get(&admin, "/worker/file?path=sparse.bin").status, 200);
}

#[test]
fn one_account_has_so_many_downloads_at_a_time() {
    let house = house("many-downloads");
    let (admin, other) = (house.as_admin(), house.signed_in(&house.person("Olga Other", &[])));
    let file = fs::File::create(kept(&house, "sparse.bin")).expect("a file can be made");
    file.set_len(GIGABYTE).expect("a file can have holes");
    let path = "/worker/file?path=sparse.bin";
    let mut all: Vec<_> = (0..64).map(|_| Transfer::get(&admin, path)).collect();
    assert!(all.iter().all(|transfer| transfer.status == 200));
    for path in [path, "/worker/big?bytes=1000"] {
        let refused = admin.get_json(path);
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("30")), "{path}");
    }
    admin.get("/worker").expect(200);
    assert_eq!(Transfer::get(&other, path).status, 200, "others are not kept waiting");
    all.pop();
    let again = wait_for(Duration::from_secs(5), || (Transfer::get(&admin, path).status == 200).then_some(()));
    assert!(again.is_some(), "one that ended makes room");
}

#[test]
fn long_names_of_fields_cost_no_memory() {
    let house = house("long-names");
    let client = house.as_admin();
    client.get("/worker").expect(200);
    let idle = house.server.resident_bytes();
    let name = "n".repeat(1 << 20);
    let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nx\r\n");
    let ((), most) = most_memory(&house.server, || {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let length = (450 * part.len()).to_string();
        let call = client.call("POST", "/worker/upload").header("content-type", &kind);
        let mut socket = call.header("content-length", &length).open();
        // The server answers to the first, and closes its end.
        for _ in 0..450 {
            if socket.write_all(part.as_bytes()).is_err() {
                return;
            }
        }
        assert_eq!(Transfer::of(socket).status, 400);
    });
    assert!(most < idle + ALLOWED, "{most} bytes, {idle} idle");
}

#[test]
fn a_piece_that_fails_shows() {
    let client = HOUSE.as_admin();
    let whole = 10 * MIB;
    let (count, _, all) = Transfer::get(&client, &format!("/worker/big?bytes={whole}&break={}", 3 * MIB)).finish();
    assert_eq!((count, all), (3 * MIB, false), "nobody takes a part for the whole");
    // Where there is no first piece, the answer can still say why.
    for (query, status) in [("bytes=10&break=0", 503), ("bytes=ten", 422)] {
        let answer = client.get_json(&format!("/worker/big?{query}"));
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
    let (count, hash, all) = Transfer::get(&client, "/worker/big?bytes=1048577").finish();
    assert_eq!((count, all, hash), (1_048_577, true, hash_of_big(1_048_577)));
    assert_eq!(Transfer::get(&client, "/worker/big?bytes=0").finish().0, 0);
}

#[test]
fn headers_alone_ask_for_no_piece() {
    let client = HOUSE.as_admin();
    let answer = client.call("HEAD", &format!("/worker/big?bytes={GIGABYTE}&break=0")).send().expect(200);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("content-disposition").map(|value| value.starts_with("attachment")), Some(true));
    fs::write(kept(&HOUSE, "head.bin"), vec![1; 12_345]).expect("a file can be made");
    let answer = client.call("HEAD", "/worker/file?path=head.bin").send().expect(200);
    assert_eq!((answer.header("content-length"), answer.body.len()), (Some("12345"), 0));
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    let client = HOUSE.as_admin();
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(kept(&HOUSE, "range.bin"), &content).expect("a file can be made");
    let asked = |range: &str, tag: Option<&str>| {
        let call = client.call("GET", "/worker/file?path=range.bin").header("range", range);
        match tag {
            Some(tag) => call.header("if-range", tag).send(),
            None => call.send(),
        }
    };
    let whole = client.get("/worker/file?path=range.bin").expect(200);
    assert!(whole.body == content);
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
    assert!(whole.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    let tag = whole.header("etag").expect("a file has a tag").to_owned();
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=100-299999", 100, 299_999),
        ("bytes=799990-", 799_990, 799_999),
        ("bytes=-7", 799_993, 799_999),
    ] {
        let part = asked(range, None).expect(206);
        assert!(part.body == content[first..=last], "{range}");
        assert_eq!(part.header("content-range"), Some(format!("bytes {first}-{last}/800000").as_str()));
        assert_eq!(part.header("content-length"), Some((last - first + 1).to_string().as_str()));
    }
    let none = asked("bytes=800000-", None).expect(416);
    assert_eq!((none.header("content-range"), none.body.len()), (Some("bytes */800000"), 0));
    for range in ["bytes=0-1,3-4", "lines=1-2", "bytes=5-1"] {
        assert!(asked(range, None).expect(200).body == content, "{range}");
    }
    assert_eq!(asked("bytes=0-9", Some(&tag)).expect(206).body.len(), 10);
    assert!(asked("bytes=0-9", Some("\"another\"")).expect(200).body == content, "it has changed since");
    fs::write(kept(&HOUSE, "range.bin"), &content[..100_000]).expect("a file can be made");
    assert_eq!(asked("bytes=0-9", Some(&tag)).expect(200).body.len(), 100_000);
}

#[test]
fn an_upload_that_is_too_large_is_refused_before_it_is_sent() {
    let client = HOUSE.as_admin();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let call = client.call("POST", "/worker/upload").header("content-type", &kind);
    let socket = call.header("content-length", &(5 * 1024 * MIB).to_string()).open();
    assert_eq!(Transfer::of(socket).status, 413);
    // A field is held in memory, so it has its own limit.
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"keep\"\r\n\r\n");
    let body = [head.into_bytes(), vec![b'a'; 33 << 20]].concat();
    let mut socket = client
        .call("POST", "/worker/upload")
        .header("content-type", &kind)
        .header("content-length", &body.len().to_string())
        .open();
    // The server may close its end before it has read everything.
    socket.write_all(&body).ok();
    assert_eq!(Transfer::of(socket).status, 413);
}

#[test]
fn many_files_are_kept_each_as_it_was_sent() {
    let client = HOUSE.as_admin();
    let contents: Vec<Vec<u8>> =
        [0, 1, 1000, 65_536, 65_537, 3_000_000].into_iter().zip(1_u8..).map(|(size, byte)| vec![byte; size]).collect();
    let mut body =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"keep\"\r\n\r\nmany/file\r\n").into_bytes();
    for content in &contents {
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"";
        body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let answer = client.call("POST", "/worker/upload").body(&kind, body).send().expect(200).json();
    assert_eq!(answer["uploads"].as_array().map(Vec::len), Some(contents.len()), "{answer}");
    for (number, content) in contents.iter().enumerate() {
        let name = if number == 0 { "many/file".to_owned() } else { format!("many/file-{number}") };
        assert!(fs::read(kept(&HOUSE, &name)).expect("it is kept") == *content, "{name}");
    }
}

#[test]
fn of_many_who_keep_one_name_one_is_whole() {
    let senders: Vec<_> = (1..=4_u64)
        .map(|number| {
            let client = HOUSE.as_admin();
            thread::spawn(move || upload(&client, number * 3 * MIB, "one/name"))
        })
        .collect();
    let sent: Vec<_> = senders.into_iter().map(|sender| sender.join().expect("a sender ends")).collect();
    assert!(sent.iter().all(|(status, ..)| *status == 200));
    let found: [u8; 32] = Sha256::digest(fs::read(kept(&HOUSE, "one/name")).expect("it is kept")).into();
    assert!(sent.iter().any(|(.., hash)| *hash == found));
    assert_eq!(fs::read_dir(kept(&HOUSE, "one")).expect("it is there").count(), 1, "nothing is left of the others");
}
