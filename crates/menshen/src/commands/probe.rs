//! `menshen probe`: a device against the document of its dialect.

use super::Usage;
use crate::cli::{ProbeArguments, ProbeDialect};
use crate::{log, output};
use anyhow::{Context as _, Result, bail};
use dialects::facegate::BasicUser;
use dialects::openapi::sign::DEFAULT_PASSWORD;
use hub::probe::{Listening, Options, ProbeError, facegate, lan, mqtt, openapi, qyzn};
use std::net::SocketAddr;
use std::path::Path;

/// The password of a facegate device that nobody changed.
const FACEGATE_PASSWORD: &str = "admin";

/// Tries a device and prints what was found; fails when something differs.
pub(crate) async fn run(arguments: ProbeArguments) -> Result<()> {
    log::start("error");
    let options = Options {
        destructive: arguments.destructive,
        answer_within: arguments.answer_within,
    };
    let address = arguments.address.as_str();
    let report = match arguments.dialect {
        ProbeDialect::Lan => lan::probe(address, &arguments.key, &options).await,
        ProbeDialect::Openapi if arguments.listen => {
            let photo = arguments.photo.as_deref().map(photo).transpose()?;
            openapi::platform::probe(&listening(&arguments), photo.as_deref(), &options).await
        }
        ProbeDialect::Openapi => {
            let password = arguments.password.as_deref().unwrap_or(DEFAULT_PASSWORD);
            let push_address = arguments.push_address.as_deref();
            openapi::probe(address, push_address, password, &options).await
        }
        ProbeDialect::Facegate => {
            let password = arguments.password.as_deref().unwrap_or(FACEGATE_PASSWORD);
            let caller = facegate::Caller {
                user: BasicUser::new(arguments.user.as_str(), password),
                photo: arguments.photo.as_deref().map(photo).transpose()?,
            };
            facegate::probe(address, caller, &options).await
        }
        ProbeDialect::Qyzn => {
            qyzn::probe(&listening(&arguments), arguments.passwd.as_deref(), &options).await
        }
        ProbeDialect::Mqtt => {
            let photo = arguments.photo.as_deref().map(photo).transpose()?;
            mqtt::probe(&listening(&arguments), photo.as_deref(), &options).await
        }
    };
    let report = report.map_err(told)?;
    if arguments.json {
        output::line(serde_json::to_string(&report)?)?;
    } else {
        output::line(report.table())?;
    }
    if report.differs > 0 {
        bail!(
            "{} of {} operations differ from the document; the report says where, with the bytes that came",
            report.differs,
            report.operations.len()
        );
    }
    Ok(())
}

fn photo(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("the photo {} cannot be read", file.display()))
}

/// Where a device is waited for; whoever waits with it is told on standard error.
fn listening(arguments: &ProbeArguments) -> Listening {
    Listening {
        address: arguments.address.clone(),
        wait: arguments.wait,
        ready: match arguments.dialect {
            ProbeDialect::Mqtt => |address| waiting(address, &format!("tcp://{address}")),
            ProbeDialect::Openapi => |address| waiting(address, &format!("http://{address}/openapi")),
            _ => |address| waiting(address, &address.to_string()),
        },
    }
}

fn waiting(address: SocketAddr, dialled: &str) {
    eprintln!("waiting for a device at {address}; it is to be set to {dialled}");
}

/// An address that is none is wrong usage; nobody there is a failure.
fn told(error: ProbeError) -> anyhow::Error {
    match error {
        ProbeError::Address(..) => Usage(error.to_string()).into(),
        other => other.into(),
    }
}
