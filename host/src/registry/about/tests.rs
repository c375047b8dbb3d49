use vestry_catalog::Digest;

use super::*;

fn about(data: &Path) -> About {
    let shipped = Shipped { id: "org.vestry.a".into(), version: "1.0.0".into(), digest: Digest::of(b"a") };
    About::new(data, vec![("Threads".into(), "2".into())], vec![shipped])
}

fn store(stores: &[Store], name: &str) -> Option<(u64, u64)> {
    stores.iter().find(|store| store.name == name).map(|store| (store.bytes, store.files))
}

#[test]
fn stores_are_measured_and_kept_for_some_seconds() {
    let data = tempfile::tempdir().unwrap();
    let about = about(data.path());
    let put = |path: &str, bytes: usize| {
        let file = data.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, vec![0; bytes]).unwrap();
    };
    put("vestry.db", 100);
    put("vestry.db-wal", 20);
    put("packages/a.wasm", 7);
    put("uploads/deep/er/a", 1);
    put("uploads/b", 2);
    std::os::unix::fs::symlink("/", data.path().join("uploads/link")).unwrap();
    let stores = about.stores();
    for (name, measured) in [("database", (120, 2)), ("packages", (7, 1)), ("compiled", (0, 0)), ("uploads", (3, 2))] {
        assert_eq!(store(&stores, name), Some(measured), "{name}");
    }
    assert!(store(&stores, "free").is_some_and(|(bytes, _)| bytes > 0));
    put("packages/b.wasm", 7);
    assert_eq!(store(&about.stores(), "packages"), Some((7, 1)), "kept");
    *about.stores.lock() = None;
    assert_eq!(store(&about.stores(), "packages"), Some((14, 2)));
}

#[test]
fn nodes_are_those_whose_files_are_held() {
    let data = tempfile::tempdir().unwrap();
    let about = about(data.path());
    let workers = data.path().join("workers");
    fs::create_dir(&workers).unwrap();
    let held = |name: &str| {
        let file = File::create(workers.join(format!("{name}.lock"))).unwrap();
        file.try_lock().unwrap();
        file
    };
    let (_here, _other) = (held("here"), held("other"));
    drop(held("gone"));
    let names = |about: &About| -> Vec<(String, bool)> {
        about.nodes().into_iter().map(|node| (node.name, node.here)).collect()
    };
    assert_eq!(names(&about).first(), Some(&(String::new(), true)), "without a worker of its own it is one too");
    about.is_node("here");
    assert_eq!(names(&about), [("here".to_owned(), true), ("other".to_owned(), false)]);
}

#[test]
fn the_way_says_what_there_is_now() {
    let moment = Moment {
        plugins: 5,
        routes: 40,
        since_start: Used { calls: 9, refused: 3, ..Used::default() },
        ..Moment::default()
    };
    let way: Vec<Station> = WAY.iter().map(|stop| stop.at(&moment)).collect();
    let names: Vec<&str> = way.iter().map(|station| station.name.as_str()).collect();
    assert_eq!(names, ["browser", "session", "origin", "dispatch", "plugin", "gate", "database", "screen"]);
    let now = |name: &str, label: &str| {
        let station = way.iter().find(|station| station.name == name).unwrap();
        station.now.iter().find(|(found, _)| found == label).map(|(_, number)| *number)
    };
    assert_eq!(now("dispatch", "mounted plugins"), Some(5));
    assert_eq!(now("plugin", "calls since the start"), Some(9));
    assert_eq!(now("gate", "refused since the start"), Some(3));
    assert_eq!(now("gate", "functions behind it"), Some(TABLE.len() as u64));
}

#[test]
fn what_it_was_built_with_is_named_with_versions() {
    let built = built_with();
    for name in ["rustc", "wasmtime", "axum", "rusqlite"] {
        let version = built.iter().find(|(found, _)| found == name).map(|(_, version)| version.as_str());
        assert!(version.is_some_and(|version| semver::Version::parse(version).is_ok()), "{name}: {built:?}");
    }
}
