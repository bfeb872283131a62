//! Passwords that open the door (3.21) and sounds (3.1.3).

use super::found::Found;
use super::{call, restored};
use crate::probe::compare::Difference;
use crate::probe::look::{Looked, at, is};
use crate::probe::row::{Row, Step};
use dialects::facegate::Call;
use dialects::facegate::device::{AddAccessPwd, DelAccessPwd, GetAccessTempPwd, GetAudio, TemporaryPassword};
use serde_json::{Value, json};

/// Digits of a temporary password (QUIRKS A69).
const DIGITS: std::ops::RangeInclusive<usize> = 4..=8;

/// What it tells, and takes.
pub(super) const ROWS: &[Row<Call, Found>] = &[
    restored(
        "GetAudio",
        "3.1.3",
        &[Step::looked_at(|_| call(GetAudio {}), keep_sound)],
    ),
    restored(
        "GetAccessTempPwd",
        "3.21.1",
        &[Step::looked_at(|_| call(GetAccessTempPwd {}), is_password)],
    ),
    restored(
        "AddAccessPwd",
        "3.21.2",
        &[Step::ask(|found| {
            call(AddAccessPwd {
                passwords: vec![found.password.clone()],
            })
        })],
    ),
    restored(
        "DelAccessPwd",
        "3.21.3",
        &[Step::ask(|found: &Found| {
            call(DelAccessPwd {
                passwords: vec![found.password.clone()],
            })
        })
        .always()],
    ),
];

fn keep_sound(found: &mut Found, answer: &Value) -> Looked {
    let names = at(answer, "info.AudioName").as_array();
    let first = names.and_then(|names| names.first()).and_then(Value::as_str);
    found.sound = first.map(str::to_owned);
    let count = names.map(Vec::len).unwrap_or_default();
    is(answer, "info.AudioNum", &json!(count))
}

fn is_password(_: &mut Found, answer: &Value) -> Looked {
    let text = |path: &str| at(answer, path).as_str().unwrap_or_default().trim().to_owned();
    let told = TemporaryPassword {
        password: text("info.TempPwd"),
        period: text("info.ValidPeriod"),
    };
    let is_number = told.password.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !DIGITS.contains(&told.password.len()) {
        return Err(Difference::new("info.TempPwd", "is not 4 to 8 digits"));
    }
    match told.validity() {
        Some((first, last)) if first < last => Ok(()),
        _ => Err(Difference::new("info.ValidPeriod", "is no period")),
    }
}
