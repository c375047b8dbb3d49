//! The logs that are looked through: lines as of the server's own requests, in their order over twelve files.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use vestry::settings::LOGS;

use crate::Failure;

/// Bytes of text in all.
const BYTES: u64 = 2_000_000_000;
/// Files, and how many of them are compressed: the oldest.
const FILES: u64 = 12;
const PACKED: u64 = 4;
/// Seconds between the oldest line and the newest.
const LASTS: u64 = 7 * 86_400;

/// One line that has a text which no other has.
pub struct Needle {
    pub name: &'static str,
    /// How much of everything is older, of 1.
    place: f64,
}

/// From the newest on.
pub static NEEDLES: [Needle; 3] = [
    Needle { name: "newest", place: 0.999_999 },
    Needle { name: "middle", place: 0.5 },
    Needle { name: "oldest", place: 0.000_001 },
];
/// What all needles have, and nothing else.
pub const EVERY_NEEDLE: &str = "needle-in-the-";

impl Needle {
    pub fn text(&self) -> String {
        format!("{EVERY_NEEDLE}{}", self.name)
    }
}

/// A node's directory; removed with this.
pub struct Logs {
    directory: tempfile::TempDir,
    /// Bytes of text.
    pub bytes: u64,
    /// The oldest last.
    files: Vec<PathBuf>,
}

impl Logs {
    /// Writes them below a data directory, as of a node of its own.
    pub fn write(data: &Path) -> Result<Self, Failure> {
        let logs = data.join(LOGS);
        fs::create_dir_all(&logs)?;
        let directory = tempfile::Builder::new().prefix("node-").tempdir_in(logs)?;
        let (mut lines, mut files) = (Lines::new()?, Vec::new());
        for number in (0..FILES).rev() {
            let name = if number == 0 { "access.log".to_owned() } else { format!("access.log.{number}") };
            let plain = directory.path().join(name);
            lines.fill(&plain, BYTES / FILES * (FILES - number))?;
            files.push(if number + PACKED >= FILES { packed(&plain)? } else { plain });
        }
        files.reverse();
        Ok(Self { directory, bytes: lines.written, files })
    }

    /// In how many files they are, and how many bytes those have.
    pub fn stored(&self) -> Result<(usize, u64), Failure> {
        let sizes = self.files.iter().map(|file| Ok(fs::metadata(file)?.len()));
        Ok((self.files.len(), sizes.sum::<Result<u64, std::io::Error>>()?))
    }

    /// What a person would type to count the lines with a text in all files, in a shell.
    pub fn grep(&self, text: &str) -> String {
        format!("zcat -f {}/access.log* | grep -F -c {text}", self.directory.path().display())
    }
}

/// Compresses it as the server does when it changes files.
fn packed(plain: &Path) -> Result<PathBuf, Failure> {
    let to = plain.with_added_extension("gz");
    vestry_logbook::compress(File::open(plain)?, File::create(&to)?)?;
    fs::remove_file(plain)?;
    Ok(to)
}

/// Lines from the oldest on.
struct Lines {
    /// Microseconds since 1970 of the first.
    first: u64,
    /// Bytes of all so far.
    written: u64,
    /// Those that come yet, the oldest last.
    needles: Vec<&'static Needle>,
    chance: u64,
    line: String,
}

impl Lines {
    fn new() -> Result<Self, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let first = (now - LASTS) * 1_000_000;
        Ok(Self { first, written: 0, needles: NEEDLES.iter().collect(), chance: 7, line: String::new() })
    }

    /// Writes a file of lines until there are so many bytes in all.
    fn fill(&mut self, file: &Path, until: u64) -> Result<(), Failure> {
        let mut to = BufWriter::with_capacity(1 << 20, File::create(file)?);
        while self.written < until {
            self.next()?;
            to.write_all(self.line.as_bytes())?;
            self.written += self.line.len() as u64;
        }
        Ok(to.flush()?)
    }

    fn next(&mut self) -> Result<(), Failure> {
        let place = self.written as f64 / BYTES as f64;
        let micros = self.first + (place * LASTS as f64 * 1e6) as u64;
        let time = jiff::Timestamp::from_microsecond(i64::try_from(micros)?)?;
        let (one, two) = (self.dice(), self.dice());
        let account = match self.needles.pop_if(|needle| needle.place <= place) {
            Some(needle) => needle.text(),
            None => format!("{:08x}", two >> 32),
        };
        self.line.clear();
        writeln!(
            self.line,
            "{{\"time\":\"{time:.6}\",\"level\":\"info\",\"node\":\"one\",\"plugin\":\"org.vestry.users\",\
             \"request\":\"{one:016x}\",\"actor\":\"{:020x}\",\"route\":\"account\",\"message\":\"\",\
             \"fields\":{{\"address\":\"192.0.2.{}\",\"method\":\"GET\",\"micros\":{},\"path\":\"/users/accounts/{account}\",\
             \"status\":{}}}}}",
            two % 5_000,
            one % 256,
            600 + one % 9_000,
            if one % 97 == 0 { 404 } else { 200 },
        )?;
        Ok(())
    }

    fn dice(&mut self) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance
    }
}
