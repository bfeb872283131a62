//! 9.2 and 9.3: a pass of somebody known is compared by the platform, which decides; anybody else's is what the sensors
//! said.

use super::super::Endpoint;
use super::super::records::Seen;
use crate::decider::Verdict;
use crate::endpoints::http::pushing::{Delivered, Platform};
use dialects::openapi::convert::platform::{
    Reporter as Named, comparison_to_platform, measurement_to_platform,
};
use dialects::openapi::platform::{SyAttribute, SyFace};
use std::sync::Arc;
use store::StoreError;
use store::terminal::Entry;

/// The platform's own word for what a person is, kept with the person.
const KIND: &str = "userType";

/// Whoever reports to the platform.
pub(super) struct Reporter(pub(super) Arc<Endpoint>);

/// What is told of an entry.
#[allow(clippy::large_enum_variant, reason = "one value for each report, moved once")]
enum Report {
    Compared(SyFace),
    Measured(SyAttribute),
}

#[async_trait::async_trait]
impl Platform for Reporter {
    fn is_wanted(&self) -> bool {
        true
    }

    async fn deliver(&self, entry: Entry) -> Delivered {
        if self.0.config.platform().is_none() {
            return Delivered::Unsaid;
        }
        match self.report(&entry).await {
            Ok(Report::Compared(face)) => self.compare(&face).await,
            Ok(Report::Measured(measured)) => self.measure(&measured).await,
            Err(error) => Delivered::Unread(error),
        }
    }
}

impl Reporter {
    async fn report(&self, entry: &Entry) -> Result<Report, StoreError> {
        let endpoint = &self.0;
        let seen = Seen::read(&endpoint.device, entry)?;
        let pictures = endpoint.pictures(entry).await?;
        let extra = match &entry.person {
            Some(wire_id) => endpoint.extra(wire_id).await?,
            None => serde_json::Map::new(),
        };
        let kind = extra.get(KIND).and_then(serde_json::Value::as_str);
        let pass = seen.pass(&endpoint.device, &pictures);
        let named = Named {
            device: endpoint.id(),
            uuid: None,
            area: None,
        };
        let compared = comparison_to_platform(&pass, named, kind).map(Report::Compared);
        Ok(compared.unwrap_or_else(|| Report::Measured(measurement_to_platform(&pass, named))))
    }

    async fn compare(&self, face: &SyFace) -> Delivered {
        match self.0.ask(face).await {
            Ok(answer) if answer.is_success() => Delivered::Acknowledged(Some(Verdict {
                open: answer.opens(),
                open_ms: answer.unlock().and_then(|open_ms| u32::try_from(open_ms).ok()),
                ..Verdict::default()
            })),
            Ok(answer) => Delivered::Failed(format!("ret {}: {}", answer.ret, answer.desc)),
            Err(problem) => Delivered::Failed(problem),
        }
    }

    async fn measure(&self, measured: &SyAttribute) -> Delivered {
        match self.0.ask(measured).await {
            Ok(answer) if answer.is_success() => Delivered::Acknowledged(None),
            Ok(answer) => Delivered::Failed(format!("ret {}: {}", answer.ret, answer.desc)),
            Err(problem) => Delivered::Failed(problem),
        }
    }
}
