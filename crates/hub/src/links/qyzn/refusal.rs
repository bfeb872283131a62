//! What a device's refusal means in the hub's terms (MODEL section 7).

use crate::links::{CallError, Failure};
use dialects::qyzn::{Code, Refusal};
use std::time::Duration;

/// What a device's refusal means (MODEL section 7).
pub(super) fn refused(refusal: Refusal) -> CallError {
    let (code, desc, wait) = match refusal {
        Refusal::Malformed(error) => {
            return CallError::ours(Failure::Internal, format!("the answer cannot be read: {error}"));
        }
        Refusal::Code {
            code,
            desc,
            wait_seconds,
        } => (code, desc, wait_seconds),
    };
    let failure = match code {
        Code::WrongPassword => Failure::Auth,
        Code::Unregistered => Failure::ReRegister,
        Code::Busy => Failure::Busy,
        Code::UnknownCommand => Failure::Unsupported,
        Code::InvalidParameter => Failure::BadParameter,
        Code::NotFound | Code::UnknownPerson => Failure::NotFound,
        Code::Exists => Failure::Exists,
        Code::NoFeatures => Failure::PhotoRejected,
        Code::Timeout => Failure::Timeout,
        Code::InvalidUrl | Code::UnreachableUrl | Code::DownloadFailed => Failure::Download,
        Code::CheckFailed => Failure::CheckFailed,
        Code::Failed | Code::AddFailed | Code::Success | Code::Other(_) => Failure::Internal,
    };
    let text = if desc.trim().is_empty() {
        code.text().to_owned()
    } else {
        desc
    };
    CallError {
        failure,
        code: Some(code.number()),
        text,
        wait: wait.map(|seconds| Duration::from_secs(u64::from(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_classes() {
        let class = |code: i64| {
            refused(Refusal::Code {
                code: Code::from(code),
                desc: String::new(),
                wait_seconds: None,
            })
            .failure
        };
        assert_eq!(class(110), Failure::PhotoRejected);
        assert_eq!(class(109), Failure::Busy);
        assert_eq!(class(102), Failure::NotFound);
        assert_eq!(class(105), Failure::NotFound);
        assert_eq!(class(777), Failure::Internal);
    }
}
