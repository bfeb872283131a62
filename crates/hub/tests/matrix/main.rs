//! `docs/dialects/index.md`: what arrives of each concept in each dialect. The page is made from what the code declares and
//! from what its conversions do with one person and one pass, and is compared with the committed one;
//! `UPDATE_SNAPSHOTS=1 cargo nextest run -p hub --test matrix` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod passes;
mod people;

use hub::links::{Dialect, dialect};
use model::{CommandKind, DeviceSettings};
use std::fmt::Write as _;

/// The columns.
const DIALECTS: [&str; 5] = ["qyzn", "mqtt", "facegate", "lan", "openapi"];
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dialects/index.md");
const FULL: &str = "✓";
const ABSENT: &str = "–";

/// A row: what it is about, and a cell for each dialect.
type Row = (String, [String; 5]);

fn declared(name: &str) -> &'static dyn Dialect {
    dialect(name).unwrap()
}

fn row(what: &str, cell: impl Fn(&'static dyn Dialect) -> String) -> Row {
    (what.to_owned(), DIALECTS.map(|name| cell(declared(name))))
}

fn is(holds: bool) -> String {
    if holds { FULL } else { ABSENT }.to_owned()
}

fn has(dialect: &dyn Dialect, capability: &str) -> bool {
    dialect.capabilities().contains(&capability)
}

fn devices() -> Vec<Row> {
    let dialled = |dialect: &dyn Dialect| {
        if dialect.hub_dials() {
            "the hub"
        } else {
            "the device"
        }
        .to_owned()
    };
    vec![
        row("who dials", dialled),
        row("`decision: \"hub\"`: the hub decides each pass", |dialect| {
            is(has(dialect, "decide"))
        }),
        row("import: whom a device holds is taken over", |dialect| {
            is(has(dialect, "import"))
        }),
        row("QR codes are brought to the hub", |dialect| {
            is(dialect.brings_codes())
        }),
        row("records are fetched where a push was missed", |dialect| {
            is(has(dialect, "records_query") || has(dialect, "resend_records"))
        }),
    ]
}

fn commands() -> Vec<Row> {
    let kinds = CommandKind::ALL.into_iter();
    kinds
        .map(|kind| {
            row(&format!("`{}`", kind.name()), |dialect| {
                is(dialect.has_command(kind))
            })
        })
        .collect()
}

fn settings() -> Vec<Row> {
    let all = serde_json::to_value(DeviceSettings::default()).unwrap();
    let shared = all.as_object().unwrap().keys();
    let mut rows: Vec<Row> = shared
        .map(|name| {
            row(&format!("`{name}`"), |dialect| {
                is(dialect.writable_settings().contains(&name.as_str()))
            })
        })
        .collect();
    rows.push(row("groups of its own", |dialect| {
        dialect.setting_groups().len().to_string()
    }));
    rows
}

fn page() -> String {
    let mut page = format!(
        "# What arrives in which dialect\n\n\
         Made from the code: from what each dialect declares, and from what its conversions do with a person and a pass. {FULL}: \
         arrives\nwhole; {ABSENT}: the dialect has no place for it; else what becomes of it. What is lost of a person is told \
         with the roster's item\n(`GET /devices/{{id}}/roster`), too. The pages of the dialects say more: [qyzn](qyzn.md), \
         [mqtt](mqtt.md), [facegate](facegate.md),\n[lan](lan.md), [openapi](openapi.md).\n\n\
         `openapi` is a terminal that is called (chapters 7 and 8). One that asks (chapter 9) dials itself and has the hub decide each \
         pass,\nso that schedules and pass limits are seen to by the hub; it holds nobody without a photo, is told `name`, `gender`, \
         `remark` and\nwho is a visitor, and takes no commands, settings or import.\n"
    );
    let parts: [(&str, &str, Vec<Row>); 6] = [
        ("Devices", "", devices()),
        (
            "People",
            "`hub`: the hub sees to it by adding and removing in time (hub rule 25). `not placed`: a person with this is not put on \
             the\ndevice. `narrowed`: the device is told less than is allowed, never more.\n\n",
            people::rows(),
        ),
        (
            "Results of passes",
            "What a terminal's answer at the door becomes in the hub's records, when the terminal decides itself.\n\n",
            passes::results(),
        ),
        ("Ways to identify, in records", "", passes::methods()),
        ("Commands", "", commands()),
        (
            "Shared settings",
            "`GET`, `PATCH /devices/{id}/settings`; the groups of its own are under `/settings/native/{group}`.\n\n",
            settings(),
        ),
    ];
    for (title, text, rows) in parts {
        write!(page, "\n## {title}\n\n{text}").unwrap();
        writeln!(page, "| | {} |", DIALECTS.join(" | ")).unwrap();
        writeln!(page, "| --- | --- | --- | --- | --- | --- |").unwrap();
        for (what, cells) in rows {
            writeln!(page, "| {what} | {} |", cells.join(" | ")).unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_what_arrives_is_what_the_code_does() {
    let page = page();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let committed = std::fs::read_to_string(PAGE).unwrap_or_default();
    for (made, committed) in page.lines().zip(committed.lines()) {
        assert_eq!(made, committed, "UPDATE_SNAPSHOTS=1 writes it anew");
    }
    assert_eq!(page.len(), committed.len());
}

#[test]
fn no_dialect_is_left_out() {
    let mut columns = DIALECTS;
    columns.sort_unstable();
    let mut known: Vec<&str> = hub::links::dialects()
        .iter()
        .map(|dialect| dialect.name())
        .collect();
    known.sort_unstable();
    assert_eq!(known, columns);
}
