//! The first word to a terminal: who it is (8.1.11), and listening to it (8.3.3).

use super::calls::OpenApiLink;
use super::declared::Credentials;
use super::socket::Socket;
use super::wire::Wire;
use crate::links::CallError;
use crate::links::dialled::Line;
use dialects::openapi::{GetInformation, Information};
use std::sync::Arc;
use store::hub::devices::Identity;
use tokio::sync::Mutex;

/// Speaks to a terminal for the first time on this line.
pub(super) async fn contact(line: Line) -> Result<Arc<OpenApiLink>, CallError> {
    let dialling = line.dialling().await?;
    let password = Credentials::of(dialling.credentials.as_ref()).password;
    let wire = Wire::new(line, password);
    let information = wire.call(&GetInformation).await?;
    wire.line.identified(identity(&information)).await?;
    let socket = Socket::open(&wire).await?;
    Ok(Arc::new(OpenApiLink {
        wire,
        socket: Mutex::new(Some(socket)),
    }))
}

fn identity(information: &Information) -> Identity {
    let text = |name: &str| information.text(name).filter(|text| !text.trim().is_empty());
    Identity {
        serial: text("deviceID").unwrap_or_default(),
        model: text("deviceMoel"),
        firmware: text("appVer"),
        capacity: None,
    }
}
