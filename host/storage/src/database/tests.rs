use crate::{Database, NewAccount, StorageError, Transaction};

fn add(tx: &Transaction<'_>, id: &str) -> Result<(), StorageError> {
    let email = format!("{id}@example.org");
    tx.insert_account(&NewAccount { id, email: Some(&email), name: id, created: 1 })
}

fn count(database: &Database) -> u64 {
    database.read(|reader| reader.count_accounts(None)).unwrap()
}

#[test]
fn an_error_takes_everything_back() {
    let database = Database::temporary().unwrap();
    let refused: Result<(), StorageError> = database.write(|tx| {
        add(tx, "one")?;
        tx.raise_generation()?;
        add(tx, "one2")?;
        tx.insert_account(&NewAccount { id: "two", email: Some("one@example.org"), name: "Two", created: 1 })
    });
    assert!(matches!(refused, Err(StorageError::Taken { .. })));
    assert_eq!(count(&database), 0);
    assert_eq!(database.generation(), 1);
    assert_eq!(database.poll_generation().unwrap(), 1);
}

#[test]
fn a_panic_takes_everything_back_and_others_go_on() {
    let database = Database::temporary().unwrap();
    let other = database.clone();
    let thread = std::thread::spawn(move || {
        other.write(|tx| {
            add(tx, "one")?;
            if tx.account("one")?.is_some() {
                panic!("in the middle");
            }
            Ok::<_, StorageError>(())
        })
    });
    assert!(thread.join().is_err());
    assert_eq!(count(&database), 0);
    database.write(|tx| add(tx, "two")).unwrap();
    assert_eq!(count(&database), 1);
}

#[test]
fn a_rehearsal_answers_and_changes_nothing() {
    let database = Database::temporary().unwrap();
    let before = database.generation();
    let seen = database
        .rehearse(|tx| {
            add(tx, "one")?;
            tx.raise_generation()?;
            tx.count_accounts(None)
        })
        .unwrap();
    assert_eq!((seen, count(&database)), (1, 0));
    assert_eq!((database.generation(), database.poll_generation().unwrap()), (before, before));
}

#[test]
fn a_part_is_taken_back_alone() {
    let database = Database::temporary().unwrap();
    database
        .write(|tx| {
            add(tx, "kept")?;
            let answer = tx.part(|tx| {
                add(tx, "taken-back")?;
                tx.raise_generation()?;
                Ok::<_, StorageError>((tx.count_accounts(None)?, false))
            })?;
            assert_eq!(answer, 2);
            let failed: Result<(), StorageError> = tx.part(|tx| {
                add(tx, "failed")?;
                Err(StorageError::Cursor)
            });
            assert!(failed.is_err());
            tx.part(|tx| Ok::<_, StorageError>((add(tx, "second")?, true)))
        })
        .unwrap();
    assert_eq!(count(&database), 2);
    // The generation of the part that was taken back does not count: a later one of another process would hide behind it.
    assert_eq!((database.generation(), database.poll_generation().unwrap()), (1, 1));
}

#[test]
fn another_process_sees_the_generation_when_it_looks() {
    let directory = tempfile::tempdir().unwrap();
    let one = Database::open(directory.path()).unwrap();
    let other = Database::open(directory.path()).unwrap();
    let before = other.generation();
    one.write(|tx| tx.raise_generation()).unwrap();
    assert_eq!(one.generation(), before + 1, "at once in the process that wrote");
    assert_eq!(other.generation(), before);
    assert_eq!(other.poll_generation().unwrap(), before + 1);
    assert_eq!(other.generation(), before + 1);
    one.write(|tx| add(tx, "one")).unwrap();
    assert_eq!(other.poll_generation().unwrap(), before + 1, "not every write raises it");
    other.write(|tx| tx.raise_generation()).unwrap();
    assert_eq!(one.poll_generation().unwrap(), before + 2);
}

#[test]
fn threads_read_what_was_committed() {
    let database = Database::temporary().unwrap();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let database = &database;
            scope.spawn(move || {
                for step in 0..25 {
                    let id = format!("a{number}b{step}");
                    database.write(|tx| add(tx, &id)).unwrap();
                    assert!(database.read(|reader| reader.account(&id)).unwrap().is_some());
                }
            });
        }
    });
    assert_eq!(count(&database), 100);
}

#[test]
fn reading_inside_of_reading_works() {
    let database = Database::temporary().unwrap();
    database.write(|tx| add(tx, "one")).unwrap();
    let both = database.read(|reader| {
        let inner = database.read(|reader| reader.count_accounts(None))?;
        Ok::<_, StorageError>((inner, reader.count_accounts(None)?))
    });
    assert_eq!(both.unwrap(), (1, 1));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("new");
    let database = Database::open(&place).unwrap();
    database.write(|tx| add(tx, "one")).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    let mut files = 0;
    for file in std::fs::read_dir(&place).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and its index");
}
