//! The result codes of an answer (document chapter "错误状态码"); unknown ones survive as a number.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What became of a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "i64", into = "i64")]
        pub enum Code {
            $($(#[$doc])* $name,)*
            /// A code that the document does not have.
            Other(i64),
        }

        impl Code {
            /// Every code of the document.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The number on the wire.
            #[must_use]
            pub fn number(self) -> i64 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// A text for `desc`, in English.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(_) => "Unknown code",
                }
            }
        }

        impl From<i64> for Code {
            fn from(number: i64) -> Self {
                match number {
                    $($number => Self::$name,)*
                    other => Self::Other(other),
                }
            }
        }
    };
}

codes! {
    /// The operation failed.
    Failed = -1, "Operation failed";
    /// Done.
    Success = 0, "Success";
    /// The device is unknown and must register (again).
    Unregistered = 100, "Unregistered";
    /// The object exists.
    Exists = 101, "Object exists";
    /// The object does not exist.
    NotFound = 102, "Object does not exist";
    /// The command does not exist.
    UnknownCommand = 103, "Unknown command";
    /// A parameter is invalid. In `device_call_param`: wrong room (4.7.1).
    InvalidParameter = 104, "Invalid parameter";
    /// The person does not exist. In `device_call_param`: nobody answers (4.7.1).
    UnknownPerson = 105, "Person does not exist";
    /// The password is wrong.
    WrongPassword = 106, "Wrong password";
    /// Time ran out.
    Timeout = 107, "Timeout";
    /// The person could not be added.
    AddFailed = 108, "Adding the person failed";
    /// Busy; `data.waitSeconds` says how long to wait.
    Busy = 109, "Busy";
    /// No features could be taken from the picture.
    NoFeatures = 110, "No face features in the picture";
    /// The URL is invalid.
    InvalidUrl = 200, "Invalid URL";
    /// The URL cannot be reached.
    UnreachableUrl = 201, "URL cannot be reached";
    /// The upgrade could not be downloaded.
    DownloadFailed = 202, "Download failed";
    /// The upgrade's check value is wrong.
    CheckFailed = 203, "Upgrade check failed";
}

impl From<Code> for i64 {
    fn from(code: Code) -> Self {
        code.number()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn numbers_and_names_agree() {
        for code in Code::ALL {
            assert_eq!(Code::from(code.number()), *code);
        }
        assert_eq!(Code::from(777), Code::Other(777));
        assert_eq!(Code::Other(777).number(), 777);
        assert_eq!(Code::ALL.len(), 17);
    }
}
