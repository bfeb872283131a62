//! The records that it keeps (3.22, 3.26).

use super::found::Found;
use super::{call, restored};
use crate::probe::look::each_has;
use crate::probe::row::{Row, Step};
use dialects::facegate::Call;
use dialects::facegate::record::{
    CaptureQuery, SearchCapture, SearchCaptureNum, SearchControl, SearchControlNum,
};
use jiff::civil::DateTime;

/// Before every record, and after.
const EVER: (DateTime, DateTime) = (
    DateTime::constant(2001, 1, 1, 0, 0, 0, 0),
    DateTime::constant(2037, 12, 31, 23, 59, 59, 0),
);
/// Records that are asked for.
const PAGE: u32 = 5;
/// What is told of every passage (3.22.2), but for what stands once where all are one person's (QUIRKS A40).
const RECORD: &[&str] = &["Time", "VerifyStatus", "Name", "LibID"];
/// What is told of every stranger (3.26.2).
const CAPTURE: &[&str] = &["CreateTime", "SnapPicinfo"];

/// Records, as they are tried.
pub(super) const ROWS: &[Row<Call, Found>] = &[
    restored(
        "SearchControlNum",
        "3.22.1",
        &[Step::ask(|_| {
            let filter = records().filter;
            call(SearchControlNum { filter })
        })],
    ),
    restored(
        "SearchControl",
        "3.22.2",
        &[Step::looked_at(
            |_| call(records()),
            |_, answer| each_has(answer, "info.SearchInfo", RECORD),
        )],
    ),
    restored(
        "SearchCaptureNum",
        "3.26.1",
        &[Step::ask(|_| {
            let query = captures();
            call(SearchCaptureNum { query })
        })],
    ),
    restored(
        "SearchCapture",
        "3.26.2",
        &[Step::looked_at(
            |_| {
                let query = captures();
                call(SearchCapture { query })
            },
            |_, answer| each_has(answer, "info.List", CAPTURE),
        )],
    ),
];

fn records() -> SearchControl {
    SearchControl::between(EVER.0, EVER.1, 0, PAGE)
}

fn captures() -> CaptureQuery {
    CaptureQuery::between(EVER.0, EVER.1, 0, PAGE)
}
