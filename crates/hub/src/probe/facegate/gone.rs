//! The probe's own people go again (3.11).

use super::found::Found;
use super::people::{NAME, everybody, search};
use super::{Ask, call, restored};
use crate::probe::compare::Difference;
use crate::probe::look::{Looked, at};
use crate::probe::row::{Row, Step};
use dialects::facegate::{Call, DeletePerson, PersonIds};
use serde_json::{Value, json};

/// Whoever was added, by whatever operator, and whatever became of that.
pub(super) const ROWS: &[Row<Call, Found>] = &[restored(
    "DeletePerson",
    "3.11.1",
    &[Step::ask(delete).always(), Step::looked_at(|_| search(), is_gone)],
)];

fn delete(found: &Found) -> Ask {
    found.photo().map_err(|_| "nobody was added")?;
    let ids = PersonIds::Uuids(everybody());
    call(DeletePerson { ids })
}

fn is_gone(_: &mut Found, answer: &Value) -> Looked {
    if at(answer, "info.Name") == &json!(NAME) {
        return Err(Difference::new("info", "still is who was deleted"));
    }
    Ok(())
}
