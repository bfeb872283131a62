//! Every earlier version of every schema gets to today's, with its rows.
//!
//! `crates/store/fixtures/<schema>/<version>.sql` is a dump of a database of that version with a row in each table,
//! made when the version was released. A new migration needs one: run these tests with `MENSHEN_WRITE_FIXTURES=1`, which
//! writes the newest version's (and no other).

use super::migrate::{self, ENGINE, Failure, Migration};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::fmt::Write as _;
use std::path::PathBuf;

fn fixture(schema: &str, version: u32) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(schema);
    folder.join(format!("{version:04}.sql"))
}

fn empty() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// What a schema says, blanks and comments apart.
fn described(connection: &Connection) -> Vec<String> {
    let sql = "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema
               WHERE name NOT LIKE 'sqlite_stat%' AND name != 'sqlite_sequence' ORDER BY type, name";
    let tidy = |text: String| {
        let lines = text
            .lines()
            .map(|line| line.split_once("--").map_or(line, |(code, _)| code));
        lines
            .flat_map(str::split_whitespace)
            .collect::<Vec<_>>()
            .join(" ")
    };
    texts(connection, sql).into_iter().map(tidy).collect()
}

fn tables(connection: &Connection) -> Vec<String> {
    texts(
        connection,
        "SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != 'schema_versions' ORDER BY rowid",
    )
}

fn rows(connection: &Connection, table: &str) -> i64 {
    connection
        .query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0))
        .unwrap()
}

/// One row in each table. All texts are alike and all numbers are, so that every reference finds its row.
fn populate(connection: &Connection) {
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    for table in tables(connection) {
        let kinds = texts(
            connection,
            &format!("SELECT type FROM pragma_table_info('{table}') ORDER BY cid"),
        );
        let values: Vec<&str> = kinds
            .iter()
            .map(|kind| match kind.as_str() {
                "INTEGER" => "1",
                "REAL" => "0.5",
                "BLOB" => "x'01'",
                _ => "'x'",
            })
            .collect();
        connection
            .execute(
                &format!("INSERT INTO \"{table}\" VALUES ({})", values.join(", ")),
                [],
            )
            .unwrap();
    }
    connection.pragma_update(None, "foreign_keys", true).unwrap();
}

/// The whole database as SQL.
fn dump(connection: &Connection) -> String {
    let mut out = String::new();
    let sql =
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    for statement in texts(connection, sql) {
        writeln!(out, "{statement};").unwrap();
    }
    for table in tables(connection)
        .iter()
        .map(String::as_str)
        .chain(["schema_versions"])
    {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|at| quoted(row.get_ref(at).unwrap())).collect();
            writeln!(out, "INSERT INTO \"{table}\" VALUES ({});", values.join(", ")).unwrap();
        }
    }
    out
}

fn quoted(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''")),
        ValueRef::Blob(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
    }
}

fn at_version(schema: &str, list: &[Migration], version: u32) -> Connection {
    let mut connection = empty();
    migrate::apply(&mut connection, schema, &list[..version as usize]).unwrap();
    connection
}

fn load(schema: &str, version: u32) -> Connection {
    let path = fixture(schema, version);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; run this test with MENSHEN_WRITE_FIXTURES=1 to write it",
            path.display()
        )
    });
    let connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(&text).unwrap();
    connection
}

/// Says in which lines two schemas differ.
fn alike(place: &str, found: &[String], expected: &[String]) {
    let only = |here: &[String], there: &[String]| -> Vec<String> {
        here.iter()
            .filter(|line| !there.contains(line))
            .cloned()
            .collect()
    };
    let (surplus, lacking) = (only(found, expected), only(expected, found));
    assert!(
        surplus.is_empty() && lacking.is_empty(),
        "{place}: the dump and the migrations differ. If this version was released, its migration must not change: \
         add a new one. If it was not, rewrite its dump: MENSHEN_WRITE_FIXTURES=1 cargo nextest run -p store \
         migrate_tests\nonly in the dump: {surplus:#?}\nonly in the migrations: {lacking:#?}"
    );
}

fn hold(schema: &str, list: &[Migration]) {
    let newest = list.len() as u32;
    if std::env::var_os("MENSHEN_WRITE_FIXTURES").is_some() {
        let path = fixture(schema, newest);
        let connection = at_version(schema, list, newest);
        populate(&connection);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, dump(&connection)).unwrap();
    }
    let fresh = described(&at_version(schema, list, newest));
    for version in 1..=newest {
        let mut old = load(schema, version);
        let made = at_version(schema, list, version);
        alike(
            &format!("{schema} {version}"),
            &described(&old),
            &described(&made),
        );
        let before: Vec<(String, i64)> = tables(&old)
            .into_iter()
            .map(|table| (table.clone(), rows(&old, &table)))
            .collect();
        assert!(
            before.iter().all(|(_, rows)| *rows > 0),
            "{schema} {version}: a table has no row in the dump"
        );
        assert_eq!(migrate::apply(&mut old, schema, list).unwrap(), version);
        alike(
            &format!("{schema}, migrated from {version}"),
            &described(&old),
            &fresh,
        );
        for (table, count) in before.iter().filter(|(table, _)| tables(&old).contains(table)) {
            assert_eq!(
                rows(&old, table),
                *count,
                "{schema} {version}: rows of {table} are lost"
            );
        }
    }
}

#[test]
fn the_engine_schema_migrates_from_every_version() {
    hold("engine", ENGINE);
}

#[test]
fn the_hub_schema_migrates_from_every_version() {
    hold("hub", crate::hub::MIGRATIONS);
}

#[test]
fn the_terminal_schema_migrates_from_every_version() {
    hold("terminal", crate::terminal::MIGRATIONS);
}

const ONE: Migration = Migration {
    version: 1,
    sql: "CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT);
          CREATE TABLE b (a INTEGER REFERENCES a(id) ON DELETE CASCADE);
          INSERT INTO a VALUES (1, 'kept'); INSERT INTO b VALUES (1);",
};
const REBUILD: Migration = Migration {
    version: 2,
    sql: "CREATE TABLE a_new (id INTEGER PRIMARY KEY, text TEXT NOT NULL, more INTEGER NOT NULL DEFAULT 0);
          INSERT INTO a_new (id, text) SELECT id, text FROM a; DROP TABLE a; ALTER TABLE a_new RENAME TO a;",
};

#[test]
fn a_table_that_is_rebuilt_keeps_what_refers_to_it() {
    let mut connection = empty();
    assert_eq!(migrate::apply(&mut connection, "x", &[ONE]).unwrap(), 0);
    assert_eq!(migrate::apply(&mut connection, "x", &[ONE, REBUILD]).unwrap(), 1);
    assert_eq!(migrate::apply(&mut connection, "x", &[ONE, REBUILD]).unwrap(), 2);
    assert_eq!(rows(&connection, "b"), 1);
    assert!(
        connection.execute("INSERT INTO b VALUES (7)", []).is_err(),
        "foreign keys are on again"
    );
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    const HALF: Migration = Migration {
        version: 3,
        sql: "CREATE TABLE c (id); SELECT nonsense;",
    };
    const ORPHANS: Migration = Migration {
        version: 3,
        sql: "DELETE FROM a;",
    };
    for broken in [HALF, ORPHANS] {
        let mut connection = empty();
        migrate::apply(&mut connection, "x", &[ONE]).unwrap();
        let before = described(&connection);
        let failure = migrate::apply(&mut connection, "x", &[ONE, REBUILD, broken]);
        assert!(
            matches!(failure, Err(Failure::Step { from: 1, to: 3, .. })),
            "{failure:?}"
        );
        assert_eq!(described(&connection), before);
        assert_eq!((rows(&connection, "a"), rows(&connection, "b")), (1, 1));
        migrate::apply(&mut connection, "x", &[ONE, REBUILD]).unwrap();
    }
}

#[test]
fn a_newer_database_and_a_list_with_gaps_are_refused() {
    let mut connection = empty();
    migrate::apply(&mut connection, "x", &[ONE, REBUILD]).unwrap();
    let failure = migrate::apply(&mut connection, "x", &[ONE]);
    assert!(
        matches!(failure, Err(Failure::Newer { found: 2, known: 1 })),
        "{failure:?}"
    );
    let failure = migrate::apply(&mut connection, "y", &[REBUILD]);
    assert!(matches!(failure, Err(Failure::List { at: 2 })), "{failure:?}");
    let failure = migrate::verify(&connection, "z", &[ONE]);
    assert!(
        matches!(failure, Err(Failure::Older { found: 0, known: 1 })),
        "{failure:?}"
    );
}
