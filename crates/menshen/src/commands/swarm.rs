//! `menshen swarm`: many simulated devices against a hub, and what became of their records.

use super::Usage;
use crate::cli::{SwarmArguments, SwarmDialect};
use crate::{files, log, output};
use anyhow::{Result, bail};
use std::time::Duration;
use terminal::swarm::{SwarmOptions, SwarmReport, facegate, lan, mqtt, openapi, qyzn};

/// Bytes of a KB, as `--photo-kb` counts.
const KB: usize = 1024;
/// Records of each device when neither a rate nor a number is given.
const RECORDS_EACH: u32 = 20;
/// For how long records are sent at a rate.
const WITH_A_RATE: Duration = Duration::from_secs(60);
/// The longest that sending a fixed number may take.
const WITHOUT_A_RATE: Duration = Duration::from_secs(3600);

/// Runs a swarm and prints its report; fails when something was lost.
pub(crate) async fn run(arguments: SwarmArguments) -> Result<()> {
    log::start("warn");
    files::raise_bound();
    let as_json = arguments.json;
    let dialect = arguments.dialect;
    let options = options(arguments);
    let report = match dialect {
        SwarmDialect::Qyzn => qyzn::run(options).await,
        SwarmDialect::Mqtt => mqtt::run(options).await,
        SwarmDialect::Facegate => facegate::run(options).await,
        SwarmDialect::Lan => lan::run(options).await,
        SwarmDialect::Openapi => openapi::run(options).await,
    };
    let report = report.map_err(|error| Usage(error.to_string()))?;
    if as_json {
        output::line(serde_json::to_string(&report)?)?;
    } else {
        output::line(table(&report))?;
    }
    if report.connected < report.devices || report.lost > 0 {
        bail!(
            "{} of {} devices connected, {} records were not acknowledged; is the hub at that address, and does it approve devices?",
            report.connected,
            report.devices,
            report.lost
        );
    }
    Ok(())
}

fn options(arguments: SwarmArguments) -> SwarmOptions {
    let with_a_rate = arguments.records_per_second.is_some();
    let duration = if with_a_rate { WITH_A_RATE } else { WITHOUT_A_RATE };
    SwarmOptions {
        hub: arguments.hub,
        username: arguments.user,
        password: arguments.password,
        count: arguments.count,
        records_per_second: arguments.records_per_second.unwrap_or_default(),
        duration: arguments.duration.unwrap_or(duration),
        records_per_device: arguments.records_each.or((!with_a_rate).then_some(RECORDS_EACH)),
        photo_bytes: arguments.photo_kb * KB,
        ..SwarmOptions::default()
    }
}

fn table(report: &SwarmReport) -> String {
    let latency = &report.latency_ms;
    let rows = [
        ("devices", report.devices.to_string()),
        ("connected", report.connected.to_string()),
        ("sent", report.sent.to_string()),
        ("acknowledged", report.acknowledged.to_string()),
        ("lost", report.lost.to_string()),
        ("duplicated", report.duplicated.to_string()),
        ("latency p50", format!("{:.1} ms", latency.p50)),
        ("latency p90", format!("{:.1} ms", latency.p90)),
        ("latency p99", format!("{:.1} ms", latency.p99)),
        ("latency max", format!("{:.1} ms", latency.max)),
        ("seconds", format!("{:.1}", report.seconds)),
    ];
    rows.map(|(name, value)| format!("{name:<14}{value:>14}"))
        .join("\n")
}
