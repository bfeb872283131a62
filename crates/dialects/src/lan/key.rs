//! 3.1: the device's key.

use super::operation::operation;
use crate::fields::FieldError;
use crate::limits::filled;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of a key.
pub const KEY_BYTES: usize = 20;
/// The key of a fresh device, to be replaced at the first contact (1.2).
pub const DEFAULT_KEY: &str = "abc";

/// `setDeviceKey` (3.1): replaces the key, which the call has like any other.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDeviceKey {
    /// The key from now on, 1 to 20 bytes.
    #[serde(rename = "newKey")]
    pub new_key: String,
}

impl fmt::Debug for SetDeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetDeviceKey(…)")
    }
}

impl SetDeviceKey {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("newKey", &self.new_key, KEY_BYTES)
    }
}

operation!(SetDeviceKey: "setDeviceKey", "3.1", [Post], ["newKey"] -> ());
