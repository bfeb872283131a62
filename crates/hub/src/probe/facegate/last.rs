//! What cannot be undone, or is noticed by others: the least of it that can be tried; restarts come last.

use super::found::Found;
use super::settings::same;
use super::{Ask, call};
use crate::probe::row::{Effect, Row, Step, row};
use dialects::facegate::device::{
    ClearAccessPwd, OpenDoor, RebootDevice, SetAudio, SetFactoryDefault, SetUserPwd,
};
use dialects::facegate::{Call, DeleteAllPerson, SettingsGroup};

/// `AudioType` of the terminal's own sounds (3.1.4).
const OWN_SOUND: i64 = 0;
/// A reset of the log alone (3.8).
const LOG: SetFactoryDefault = SetFactoryDefault {
    door: false,
    sound: false,
    network: false,
    centre: false,
    captures: false,
    log: true,
    people: false,
    records: false,
    maintenance: false,
    system: false,
    cameras: false,
    server: false,
    kinds: false,
};

/// All of it.
pub(super) const ROWS: &[Row<Call, Found>] = &[
    row(
        "SetAudio",
        "3.1.4",
        Effect::Destructive("plays a sound"),
        &[Step::ask(play)],
    ),
    row(
        "OpenDoor",
        "3.20",
        Effect::Destructive("opens the door"),
        &[Step::ask(|_| call(OpenDoor::open(None)))],
    ),
    row(
        "ClearAccessPwd",
        "3.21.4",
        Effect::Destructive("deletes all passwords"),
        &[Step::ask(|_| call(ClearAccessPwd {}))],
    ),
    row(
        "SetFactoryDefault",
        "3.8",
        Effect::Destructive("wipes the log"),
        &[Step::ask(|_| call(LOG))],
    ),
    row(
        "SetUserPwd",
        "3.3",
        Effect::Destructive("sets user and password, to what they are"),
        &[Step::ask(same_user)],
    ),
    row(
        "SetNetWiFi",
        "3.33.2",
        Effect::Destructive("sets the network, to what it is"),
        &[Step::ask(|found| same(found, SettingsGroup::NetWifi))],
    ),
    row(
        "DeleteAllPerson",
        "3.11.2",
        Effect::Destructive("deletes everybody"),
        &[Step::ask(|_| call(DeleteAllPerson::CONFIRMED))],
    ),
    row(
        "SetRTSPCfg",
        "3.35.2",
        Effect::Destructive("restarts the device"),
        &[Step::ask(|found| same(found, SettingsGroup::Rtsp))],
    ),
    row(
        "SetNetParam",
        "3.4.2",
        Effect::Destructive("sets the network, to what it is, and restarts the device"),
        &[Step::ask(|found| same(found, SettingsGroup::NetParam))],
    ),
    row(
        "Upgrade",
        "3.29",
        Effect::Untried("installs a program, and none is at hand"),
        &[],
    ),
    row(
        "RebootDevice",
        "3.24",
        Effect::Destructive("restarts the device"),
        &[Step::ask(|_| call(RebootDevice::NOW))],
    ),
];

fn play(found: &Found) -> Ask {
    let name = found.sound.clone().ok_or("it tells no sound")?;
    call(SetAudio {
        kind: OWN_SOUND,
        name: Some(name),
    })
}

fn same_user(found: &Found) -> Ask {
    call(SetUserPwd {
        user: found.user.user.clone(),
        password: found.user.password.clone(),
    })
}
