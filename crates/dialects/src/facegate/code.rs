//! Appendix C.10: the codes of failed calls. The same numbers mean other things in `AddPerson` and in `EditPersonsNew`
//! (QUIRKS A9): which table holds is told by the operator.

use super::person::EDIT_PERSONS_NEW;
use crate::fields::FieldError;
use std::fmt;

/// `code` of success (B.2).
pub const SUCCESS: i64 = 200;

/// What a failure means, whatever its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// Wrong credentials.
    Authentication,
    /// The device has no such operator.
    Unsupported,
    /// A parameter is missing or cannot be used.
    BadParameter,
    /// An id or a card is there already.
    Exists,
    /// The photo cannot be used.
    PhotoRejected,
    /// The photo could not be fetched.
    Download,
    /// Something in the device.
    Internal,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$code_doc:meta])* $code:ident = $number:literal $text:literal $class:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$code_doc])* $code,)*
            /// A number that the document reserves or does not have.
            Other(i64),
        }

        impl $name {
            /// Every code of the table.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// The number.
            #[must_use]
            pub fn number(self) -> i64 {
                match self {
                    $(Self::$code => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// The document's words, as a device sends them in `Detail`.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)*
                    Self::Other(_) => "Other",
                }
            }

            /// What it means.
            #[must_use]
            pub fn class(self) -> FailureClass {
                match self {
                    $(Self::$code => FailureClass::$class,)*
                    Self::Other(_) => FailureClass::Internal,
                }
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                match number {
                    $($number => Self::$code,)*
                    other => Self::Other(other),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} ({})", self.number(), self.text())
            }
        }
    )*};
}

codes! {
    /// C.10.1.1: `AddPerson`; also what every other operator but `EditPersonsNew` answers, as far as the code fits.
    AddPersonCode {
        /// The operator is not known.
        UnknownOperator = 461 "Unknow operator" Unsupported,
        /// `info` is missing, or a parameter is.
        Parameter = 462 "Parameter error" BadParameter,
        /// `DeviceID` is another's.
        DeviceId = 463 "Unkonw DeviceID" BadParameter,
        /// Neither `picinfo` nor `picURI`, or a picture of more than 1 MB.
        NoPicture = 464 "Unkonw picinfo and get picURI error" BadParameter,
        /// Whatever else.
        Failed = 465 "Other" Internal,
        /// `CustomizeID` or `PersonUUID` is somebody's already.
        IdExists = 466 "CustomizeID or UUID had existed" Exists,
        /// The Wiegand number is somebody's already.
        WiegandExists = 469 "WG_CardNo already exist" Exists,
        /// The RF card is somebody's already.
        RfCardExists = 470 "ID_CardNo already exist" Exists,
        /// Somebody with this face is there already.
        PersonExists = 471 "Person already exist" Exists,
        /// No face in the picture.
        NoFace = 473 "Face Undetected" PhotoRejected,
        /// The picture is no Base64, or no picture.
        NotAPicture = 474 "picinfo Base64 decode error" PhotoRejected,
        /// The address of the picture cannot be resolved.
        WrongAddress = 475 "Get URI server ip error" Download,
        /// The server of the picture cannot be reached.
        Unreachable = 476 "Get picinfo and connect URI IP error" Download,
        /// The server gave too little.
        TooShort = 477 "Get URI pic data too short" Download,
        /// `WGFacilityCode` is missing or cannot be used.
        FacilityCode = 478 "Get WGFacilityCode error" BadParameter,
        /// `MjCardNo` is missing or cannot be used.
        CardNumber = 479 "Get MjCardNo error" BadParameter,
    }
    /// C.10.6.1: what became of a call of `EditPersonsNew` as a whole.
    BatchCode {
        /// The operator is missing.
        UnknownOperator = 411 "Unknow operator" Unsupported,
        /// `info` is missing.
        Parameter = 412 "Parameter error" BadParameter,
        /// `DeviceID` is another's.
        DeviceId = 413 "UnKnown DeviceID" BadParameter,
        /// `Total` is missing.
        NoTotal = 414 "UnKnown Total" BadParameter,
        /// `Total` is too large, or nothing.
        TotalRange = 415 "Total out of range" BadParameter,
        /// `Total` is not the number of persons.
        TotalMismatch = 416 "json of data and Total is not equal" BadParameter,
        /// `IdType` is missing.
        NoIdType = 417 "UnKnown IdType" BadParameter,
        /// `IdType` is neither 0 nor 2.
        IdType = 418 "IdType error" BadParameter,
    }
    /// C.10.6.2: `errcode`, what became of one person of `EditPersonsNew`.
    BatchPersonCode {
        /// `CustomizeID` is missing.
        NoCustomizeId = 461 "Get CustomizeID error" BadParameter,
        /// `PersonUUID` is missing.
        NoUuid = 462 "Get PersonUUID error" BadParameter,
        /// The address of the picture cannot be resolved.
        WrongAddress = 464 "Get picture address IP error" Download,
        /// The picture could not be fetched in time.
        Unreachable = 465 "Get URI picture timeout or download error" Download,
        /// The picture has fewer than 1000 bytes.
        TooShort = 466 "Get URI picture data error" PhotoRejected,
        /// The picture has more than 1 MB.
        TooLarge = 467 "Picture data too large" PhotoRejected,
        /// No face in the picture.
        NoFace = 468 "Get picture feature error" PhotoRejected,
        /// The picture could not be kept.
        PictureNotKept = 469 "Write picture to database error" Internal,
        /// The person could not be kept.
        PersonNotKept = 470 "Modify database error" Internal,
        /// The Wiegand number is somebody's already.
        WiegandExists = 475 "MjCardNo already exist" Exists,
        /// `WGFacilityCode` is missing or cannot be used.
        FacilityCode = 476 "Get WGFacilityCode error" BadParameter,
        /// `MjCardNo` is missing or cannot be used.
        CardNumber = 477 "Get MjCardNo error" BadParameter,
        /// Changing the person failed.
        NotChanged = 479 "Modify person information error" Internal,
        /// The RF card is somebody's already.
        RfCardExists = 480 "RFCard already exist" Exists,
        /// `picURI` is missing.
        NoPicture = 481 "Get picURI error" BadParameter,
        /// The picture that is there cannot be read.
        OldPicture = 482 "Read picture of existing person error" Internal,
    }
}

/// What `Detail` says on devices that send no code.
const DETAILS: [(&str, AddPersonCode); 8] = [
    ("unkonw operator", AddPersonCode::UnknownOperator),
    ("parameter error", AddPersonCode::Parameter),
    ("deviceid", AddPersonCode::DeviceId),
    ("get picuri error", AddPersonCode::NoPicture),
    ("getpersonfeature err", AddPersonCode::NoFace),
    ("wg_cardno", AddPersonCode::WiegandExists),
    ("id_cardno", AddPersonCode::RfCardExists),
    ("had existed", AddPersonCode::IdExists),
];

impl AddPersonCode {
    /// The code that a text of `Detail` stands for, where a device sent the text alone.
    #[must_use]
    pub fn of_detail(detail: &str) -> Option<Self> {
        let detail = detail.trim().to_ascii_lowercase();
        let ours = Self::ALL
            .iter()
            .copied()
            .find(|code| *code != Self::Failed && code.text().eq_ignore_ascii_case(&detail));
        let known = || DETAILS.iter().find(|(words, _)| detail.contains(words));
        ours.or_else(|| known().map(|(_, code)| *code))
    }
}

impl AddPersonCode {
    /// The code of a person with a field outside its limits.
    #[must_use]
    pub fn of_limit(error: &FieldError) -> Self {
        match error.field.as_str() {
            "picinfo" | "picURI" => Self::NoPicture,
            "WGFacilityCode" => Self::FacilityCode,
            "MjCardNo" => Self::CardNumber,
            _ => Self::Parameter,
        }
    }
}

impl BatchPersonCode {
    /// The code of a person with a field outside its limits.
    #[must_use]
    pub fn of_limit(error: &FieldError) -> Self {
        match error.field.as_str() {
            "CustomizeID" => Self::NoCustomizeId,
            "PersonUUID" => Self::NoUuid,
            "WGFacilityCode" => Self::FacilityCode,
            "MjCardNo" => Self::CardNumber,
            "picinfo" => Self::TooLarge,
            "picURI" => Self::WrongAddress,
            _ => Self::NotChanged,
        }
    }
}

/// What the code of a failed call of an operator means; without a code, what its text means.
#[must_use]
pub fn class_of(operator: &str, code: Option<i64>, detail: &str) -> FailureClass {
    match code {
        Some(code) if operator == EDIT_PERSONS_NEW => BatchCode::from(code).class(),
        Some(code) => AddPersonCode::from(code).class(),
        None => AddPersonCode::of_detail(detail).map_or(FailureClass::Internal, AddPersonCode::class),
    }
}

/// What the code of one person of a batch means, and the document's words for it.
#[must_use]
pub fn person_code(operator: &str, code: i64) -> (FailureClass, &'static str) {
    if operator == EDIT_PERSONS_NEW {
        let code = BatchPersonCode::from(code);
        return (code.class(), code.text());
    }
    let code = AddPersonCode::from(code);
    (code.class(), code.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for code in AddPersonCode::ALL {
            assert_eq!(AddPersonCode::from(code.number()), *code);
        }
        for code in BatchCode::ALL {
            assert_eq!(BatchCode::from(code.number()), *code);
        }
        for code in BatchPersonCode::ALL {
            assert_eq!(BatchPersonCode::from(code.number()), *code);
        }
        let counts = (
            AddPersonCode::ALL.len(),
            BatchCode::ALL.len(),
            BatchPersonCode::ALL.len(),
        );
        assert_eq!(counts, (16, 8, 16));
        // 467, 468, 472 are reserved.
        assert_eq!(AddPersonCode::from(467), AddPersonCode::Other(467));
    }

    #[test]
    fn the_same_number_means_another_thing_of_another_operator() {
        use FailureClass::{Exists, PhotoRejected, Unsupported};
        assert_eq!(class_of("AddPerson", Some(466), ""), Exists);
        assert_eq!(BatchPersonCode::from(466).class(), PhotoRejected);
        assert_eq!(class_of("EditPersonsNew", Some(411), ""), Unsupported);
        assert_eq!(person_code("AddPersons", 466).0, Exists);
        assert_eq!(
            person_code("EditPersonsNew", 466),
            (PhotoRejected, "Get URI picture data error")
        );
    }

    #[test]
    fn texts_of_real_devices_stand_for_codes() {
        let of = |text: &str| AddPersonCode::of_detail(text);
        assert_eq!(of("Unkonw operator"), Some(AddPersonCode::UnknownOperator));
        assert_eq!(
            of("Unkonw Picinfo and get picURI error"),
            Some(AddPersonCode::NoPicture)
        );
        assert_eq!(of("GetPersonFeature err"), Some(AddPersonCode::NoFace));
        assert_eq!(of("PersonUUID had existed"), Some(AddPersonCode::IdExists));
        assert_eq!(of("face undetected"), Some(AddPersonCode::NoFace));
        assert_eq!(of("lp0 on fire"), None);
    }
}
