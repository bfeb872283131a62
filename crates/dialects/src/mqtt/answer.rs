//! What a device answers to each message, read leniently and written exactly.

use super::code::ErrorCode;
use super::control::{OnlineOpenResp, OnlineRebootResp, OnlineUpdateResp};
use super::dev_info::{OnlineGetDevInfoResp, OnlineSetDevInfoResp};
use super::message::{CloudRequest, Message, MessageError, Reply, plain, whole};
use super::person::{
    OnlineGetRegisterByIndexResp, OnlineGetRegisterCountResp, OnlineGetRegisterResp,
    OnlineStopGetRegisterResp, RegisterPersonInfoResp,
};
use super::record::{OnlineDeleteSnapRecordResp, OnlineGetPhotoResp};
use crate::lenient;
use serde_json::Value;

/// An answer that says no, or nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The device's code and words.
    #[error("{code}: {words}")]
    Code {
        /// The code.
        code: ErrorCode,
        /// The words.
        words: String,
    },
    /// It cannot be read.
    #[error("{0}")]
    Malformed(#[from] MessageError),
}

impl CloudRequest {
    /// The answer to this: it is told from others by its `msgID`, so that its name may be another one (QUIRKS M1, M2).
    ///
    /// # Errors
    /// [`Refusal`] for a code other than 100, or a payload that cannot be read.
    pub fn exact_answer(&self, payload: &[u8]) -> Result<Value, Refusal> {
        let fields = lenient::body(payload).map_err(MessageError::from)?;
        let reply: Reply = plain(&fields).map_err(MessageError::from)?;
        if reply.code != ErrorCode::Success {
            return Err(Refusal::Code {
                code: reply.code,
                words: reply.msg,
            });
        }
        match self {
            Self::OnlineOpen(_) => exact::<OnlineOpenResp>(&fields),
            Self::OnlineUpdate(_) => exact::<OnlineUpdateResp>(&fields),
            Self::OnlineReboot(_) => exact::<OnlineRebootResp>(&fields),
            Self::OnlineSetDevInfo(_) => exact::<OnlineSetDevInfoResp>(&fields),
            Self::OnlineGetDevInfo(_) => exact::<OnlineGetDevInfoResp>(&fields),
            Self::RegisterPersonInfo(_) => exact::<RegisterPersonInfoResp>(&fields),
            Self::OnlineGetRegister(_) => exact::<OnlineGetRegisterResp>(&fields),
            Self::OnlineStopGetRegister(_) => exact::<OnlineStopGetRegisterResp>(&fields),
            Self::OnlineGetRegisterCount(_) => exact::<OnlineGetRegisterCountResp>(&fields),
            Self::OnlineGetRegisterByIndex(_) => exact::<OnlineGetRegisterByIndexResp>(&fields),
            Self::OnlineGetPhoto(_) => exact::<OnlineGetPhotoResp>(&fields),
            Self::OnlineDeleteSnapRecord(_) => exact::<OnlineDeleteSnapRecordResp>(&fields),
            Self::Unknown { .. } => Ok(fields),
        }
    }
}

fn exact<M: Message>(fields: &Value) -> Result<Value, Refusal> {
    let answer = M::read(fields).map_err(MessageError::from)?;
    Ok(whole(M::NAME, answer.fields()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::OnlineGetRegisterCount;
    use serde_json::json;

    #[test]
    fn an_answer_is_told_by_what_was_asked_and_written_exactly() {
        let asked: CloudRequest = OnlineGetRegisterCount::default().into();
        let came = br#"{"msgType ":"another","msgID":"1","deviceNo":"D","token":"t","code":100,"msg":"","personNum":2}"#;
        assert_eq!(
            asked.exact_answer(came).unwrap(),
            json!({
                "msgType": "onlineGetRegisterCountResp", "msgID": "1", "deviceNo": "D", "token": "t",
                "errorCode": "100", "msg": "", "personNum": "2",
            })
        );
        let refused = asked
            .exact_answer(br#"{"errorCode":"203","msg":"?"}"#)
            .unwrap_err();
        assert_eq!(refused.to_string(), "203: ?");
        assert!(matches!(asked.exact_answer(b"{}"), Err(Refusal::Malformed(_))));
    }
}
