//! Chapter 7: the codes of answers over HTTP. Those of the WebSocket are others, although numbers repeat
//! ([`super::socket`], QUIRKS O3).

use crate::numbered::numbered;

numbered! {
    /// What became of a call.
    Code, else "Unknown Error" {
        /// Done.
        Success = 200 "OK",
        /// The device has no password.
        NoPassword = 10001 "Password Not Exist",
        /// The password is out of date.
        PasswordExpired = 10002 "Password Expired",
        /// The timestamp is more than five minutes from the device's clock.
        RequestExpired = 10003 "Request Expired",
        /// The caller's address is not listed.
        AddressRefused = 10004 "IP Invalid",
        /// The signature is not that of the device's password.
        WrongSignature = 10005 "Signature Failed",
        /// There is no such person.
        UnknownUser = 20001 "User Not Exists",
        /// The person of the path is not the one of the body.
        UserMismatch = 20002 "User Not Match",
        /// A parameter is malformed or out of its range.
        InvalidParameter = 30001 "Param Invalid",
        /// No face in the picture.
        NoFace = 30002 "No Face Detected In The Image",
        /// A parameter is missing.
        MissingParameter = 30003 "Missing Param",
        /// The picture is none.
        NotAPicture = 30004 "Avatar File Illegal",
        /// The device cannot do it.
        NotSupported = 40001 "Not Support",
        /// The timestamp is not taken.
        IllegalTimestamp = 50001 "RPC Failed",
        /// The device failed.
        InternalError = 50002 "Internal Server Error",
        /// Several calls at once failed.
        BatchError = 50003 "Multi Request Error",
        /// No such call, or not by this method (QUIRKS O41).
        MethodNotAllowed = 50004 "Request Method Not Allowed",
        /// The device failed, nobody says why.
        Unknown = 99999 "Unknown Error",
        /// Nothing was found: an empty list, no failure (QUIRKS O22).
        NothingFound = 50008 "Search List Null",
        /// The device holds no more people.
        Full = 50009 "Database Full",
    }
}

impl Code {
    /// Whether the device's clock is the cause, so that setting it and asking again helps (QUIRKS O2, O27).
    #[must_use]
    pub fn is_clock(self) -> bool {
        matches!(self, Self::RequestExpired | Self::IllegalTimestamp)
    }
}
