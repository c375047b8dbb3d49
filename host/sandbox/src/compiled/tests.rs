use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::span;

use super::*;

/// The smallest component: magic number, version and layer.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

struct Fixture {
    directory: tempfile::TempDir,
    engine: Engine,
    digest: String,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("component.wasm"), COMPONENT).unwrap();
        let (engine, _) = crate::engine::engine().unwrap();
        Self { directory, engine, digest: data_encoding::HEXLOWER.encode(&Sha256::digest(COMPONENT)) }
    }

    fn compiled(&self) -> PathBuf {
        self.directory.path().join("compiled")
    }

    fn component(&self) -> PathBuf {
        self.directory.path().join("component.wasm")
    }

    fn cache(&self) -> CompiledCode {
        self.cache_with(7)
    }

    fn cache_with(&self, key: u8) -> CompiledCode {
        CompiledCode::open(&self.compiled(), [key; 32], &self.engine, Compiler::InProcess).unwrap()
    }

    async fn get(&self, cache: &CompiledCode) -> Result<Component, CompileError> {
        cache.component(&self.engine, &self.digest, &self.component()).await
    }
}

/// Counts what is logged on this thread.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl tracing::Subscriber for Counting {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Whether code can be used, and how many lines it was worth.
fn looked_at(kept: &Kept, digest: &str) -> (bool, usize) {
    let counting = Counting::default();
    let usable = tracing::subscriber::with_default(counting.clone(), || kept.usable(digest).is_some());
    (usable, counting.0.load(Ordering::Relaxed))
}

#[tokio::test]
async fn code_is_compiled_once_and_then_taken_from_the_cache() {
    let fixture = Fixture::new();
    let cache = fixture.cache();
    fixture.get(&cache).await.unwrap();
    let made = fs::metadata(cache.kept.code_file(&fixture.digest)).unwrap();
    fixture.get(&fixture.cache()).await.unwrap();
    let kept = fs::metadata(cache.kept.code_file(&fixture.digest)).unwrap();
    assert_eq!((made.ino(), made.modified().unwrap()), (kept.ino(), kept.modified().unwrap()));
}

/// What somebody can do to the cache.
type Harm = fn(&Fixture, &Kept);

const HARMS: &[(&str, Harm)] = &[
    ("truncated", |fixture, kept| {
        let file = kept.code_file(&fixture.digest);
        let whole = fs::read(&file).unwrap();
        replace(&file, &whole[..whole.len() / 2]);
    }),
    ("empty", |fixture, kept| replace(&kept.code_file(&fixture.digest), b"")),
    ("longer", |fixture, kept| {
        let file = kept.code_file(&fixture.digest);
        replace(&file, &[fs::read(&file).unwrap().as_slice(), b"x"].concat());
    }),
    ("changed in one bit", |fixture, kept| {
        let file = kept.code_file(&fixture.digest);
        let mut code = fs::read(&file).unwrap();
        let middle = code.len() / 2;
        code[middle] ^= 1;
        replace(&file, &code);
    }),
    ("a link to the right code", |fixture, kept| {
        let (file, elsewhere) = (kept.code_file(&fixture.digest), fixture.directory.path().join("elsewhere"));
        fs::rename(&file, &elsewhere).unwrap();
        symlink(&elsewhere, &file).unwrap();
    }),
    ("for others to write", |fixture, kept| {
        fs::set_permissions(kept.code_file(&fixture.digest), fs::Permissions::from_mode(0o666)).unwrap();
    }),
    ("without what vouches for it", |fixture, kept| fs::remove_file(kept.mac_file(&fixture.digest)).unwrap()),
    ("vouched for by another", |fixture, kept| fs::write(kept.mac_file(&fixture.digest), [1; 32]).unwrap()),
    ("of another engine", |fixture, kept| {
        let stale = fixture.compiled().join(format!("{}-0123456789abcdef.cwasm", fixture.digest));
        fs::rename(kept.code_file(&fixture.digest), stale).unwrap();
    }),
];

/// As something new of that name: what is loaded stays mapped.
fn replace(file: &Path, content: &[u8]) {
    fs::remove_file(file).unwrap();
    fs::write(file, content).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn what_is_odd_is_logged_once_and_compiled_again() {
    for (name, harm) in HARMS {
        let fixture = Fixture::new();
        let cache = fixture.cache();
        fixture.get(&cache).await.unwrap();
        assert_eq!(looked_at(&cache.kept, &fixture.digest), (true, 0), "{name}");
        harm(&fixture, &cache.kept);
        assert_eq!(looked_at(&cache.kept, &fixture.digest), (false, 1), "{name}");
        assert_eq!(looked_at(&cache.kept, &fixture.digest), (false, 0), "{name}");
        fixture.get(&cache).await.unwrap();
        assert_eq!(looked_at(&cache.kept, &fixture.digest), (true, 0), "{name}");
        assert_eq!(fs::read_dir(fixture.compiled()).unwrap().count(), 2, "{name}: nothing else is left");
    }
}

#[tokio::test]
async fn what_belongs_to_another_user_or_was_made_under_another_key_is_not_used() {
    let fixture = Fixture::new();
    let cache = fixture.cache();
    fixture.get(&cache).await.unwrap();
    let Kept { directory, owner, vouch, compatibility } = &*cache.kept;
    let foreign = Kept {
        directory: directory.clone(),
        owner: owner + 1,
        vouch: vouch.clone(),
        compatibility: compatibility.clone(),
    };
    assert_eq!(looked_at(&foreign, &fixture.digest), (false, 1));
    fixture.get(&cache).await.unwrap();
    let other = fixture.cache_with(8);
    assert_eq!(looked_at(&other.kept, &fixture.digest), (false, 1));
    fixture.get(&other).await.unwrap();
    assert_eq!(looked_at(&other.kept, &fixture.digest), (true, 0));
}

#[tokio::test]
async fn code_is_not_used_where_the_component_is_damaged_or_gone() {
    let fixture = Fixture::new();
    let cache = fixture.cache();
    fixture.get(&cache).await.unwrap();
    fs::write(fixture.component(), [COMPONENT, b"\0\x01\0"].concat()).unwrap();
    assert!(matches!(fixture.get(&cache).await, Err(CompileError::WrongDigest { .. })));
    fs::remove_file(fixture.component()).unwrap();
    assert!(matches!(fixture.get(&cache).await, Err(CompileError::Unreadable { .. })));
    fs::write(fixture.component(), COMPONENT).unwrap();
    assert_eq!(looked_at(&cache.kept, &fixture.digest), (true, 0), "the code itself is as it was");
    fixture.get(&cache).await.unwrap();
}

#[tokio::test]
async fn what_is_kept_can_be_listed_and_forgotten() {
    let fixture = Fixture::new();
    let cache = fixture.cache();
    assert!(cache.digests().unwrap().is_empty());
    fixture.get(&cache).await.unwrap();
    let stale = fixture.compiled().join(format!("{}-0123456789abcdef.cwasm", fixture.digest));
    let another = fixture.compiled().join(format!("{}-0123456789abcdef.cwasm", "ab".repeat(32)));
    fs::write(&stale, "").unwrap();
    fs::write(&another, "").unwrap();
    fs::write(fixture.compiled().join(format!("{UNFINISHED}1")), "").unwrap();
    assert_eq!(cache.digests().unwrap(), BTreeSet::from([fixture.digest.clone(), "ab".repeat(32)]));
    cache.forget(&fixture.digest).unwrap();
    cache.forget(&fixture.digest).unwrap();
    assert_eq!(cache.digests().unwrap(), BTreeSet::from(["ab".repeat(32)]));
}

#[test]
fn what_a_killed_process_left_behind_is_removed_at_the_next_start() {
    let fixture = Fixture::new();
    let _ = fixture.cache();
    let left = fixture.compiled().join(format!("{UNFINISHED}left"));
    fs::write(&left, "").unwrap();
    let held = unfinished(&fixture.compiled()).unwrap();
    let _ = fixture.cache();
    assert!(!left.exists() && held.path().exists(), "another process may be compiling at this moment");
}

#[tokio::test]
async fn what_was_held_until_after_the_start_is_removed_before_the_next_component_is_compiled() {
    let fixture = Fixture::new();
    let _ = fixture.cache();
    let left = fixture.compiled().join(format!("{UNFINISHED}left"));
    let dying = fs::File::create(&left).unwrap();
    dying.try_lock().unwrap();
    let cache = fixture.cache();
    assert!(left.exists(), "it may be somebody's");
    drop(dying);
    fixture.get(&cache).await.unwrap();
    assert!(!left.exists());
}
