//! Chapter 4.5: what the device is told to do.

use super::Found;
use crate::probe::row::{Effect, Row, Step, row};
use dialects::qyzn::control::RecordSelection;
use dialects::qyzn::time::WallTime;
use dialects::qyzn::{
    ConfigDevicePassRule, DeviceRestart, OnlineOpenDoor, OpenDoor, PassRule, PlatformRequest, RecordClear,
    ResendRecords, SerialOutput, WiegandOutput,
};
use jiff::civil::date;

/// No device has a record of this day.
const BEFORE_ALL: jiff::civil::Date = date(2000, 1, 1);
/// What goes out of the ports: a number that no card has.
const DIGITS: &str = "000000";
/// The only port (4.5.3).
const PORT: i64 = 0;

/// In the order in which they are tried.
pub(super) const ROWS: &[Row<PlatformRequest, Found>] = &[
    row(
        "reSend_record_set",
        "4.5.11",
        Effect::Restored,
        &[Step::ask(|_| Ok(resend().into()))],
    ),
    row(
        "swiping_card",
        "4.5.8",
        Effect::Untried("it takes somebody who holds a card to the reader"),
        &[],
    ),
    row(
        "serial_output",
        "4.5.3",
        Effect::Destructive("puts out a number, which may open a door"),
        &[Step::ask(|_| {
            Ok(SerialOutput {
                index: PORT,
                content: DIGITS.to_owned(),
            }
            .into())
        })],
    ),
    row(
        "weigand_output",
        "4.5.4",
        Effect::Destructive("puts out a number, which may open a door"),
        &[Step::ask(|_| {
            Ok(WiegandOutput {
                content: DIGITS.to_owned(),
            }
            .into())
        })],
    ),
    row(
        "open_door",
        "4.5.6",
        Effect::Destructive("opens the door"),
        &[Step::ask(|_| Ok(OpenDoor {}.into()))],
    ),
    row(
        "online_openDoor",
        "4.5.7",
        Effect::Destructive("lets the device decide on the door; who did before cannot be read"),
        &[Step::ask(|_| Ok(OnlineOpenDoor::DEVICE_DECIDES.into()))],
    ),
    row(
        "config_device_pass_rule",
        "4.5.9",
        Effect::Destructive("lifts the rule of the door, which cannot be read"),
        &[Step::ask(
            |_| Ok(ConfigDevicePassRule(PassRule::default()).into()),
        )],
    ),
    row(
        "record_clear",
        "4.5.5",
        Effect::Destructive("deletes records"),
        &[Step::ask(|_| Ok(RecordClear {}.into()))],
    ),
    super::people::WIPING,
    row(
        "device_upgrade",
        "4.5.2",
        Effect::Untried("installs a program, and none is at hand"),
        &[],
    ),
];

/// After everything else.
pub(super) const LAST: &[Row<PlatformRequest, Found>] = &[row(
    "device_restart",
    "4.5.1",
    Effect::Destructive("restarts the device"),
    &[Step::ask(|_| Ok(DeviceRestart {}.into()))],
)];

fn resend() -> ResendRecords {
    ResendRecords {
        selection: RecordSelection::All,
        from: WallTime::new(BEFORE_ALL.at(0, 0, 0, 0)),
        until: WallTime::new(BEFORE_ALL.at(0, 0, 1, 0)),
    }
}
