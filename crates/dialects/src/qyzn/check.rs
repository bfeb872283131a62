//! The document's limits. Reading is lenient in form; what a message *means* must be within them, or it is refused
//! with code 104.

/// Bytes of a personId as the document has it; the hub never sends more.
pub const PERSON_ID_BYTES: usize = 32;
/// Bytes of a personId that a terminal keeps (it serves dialects with longer ids, too).
pub const KEPT_PERSON_ID_BYTES: usize = 64;
/// Bytes of a personId of whom a device tells: its people keep whatever ids they have.
pub const TOLD_PERSON_ID_BYTES: usize = 256;
/// Bytes of a personCode.
pub const PERSON_CODE_BYTES: usize = 16;
/// Bytes of a name: 8 Chinese characters.
pub const NAME_BYTES: usize = 24;
/// Bytes of an identity number.
pub const ID_NUMBER_BYTES: usize = 20;
/// Bytes of an IC card number: the table says 8, the example has 9, cards have 10 digits (QUIRKS T29).
pub const IC_NUMBER_BYTES: usize = 20;
/// Bytes of an IC card number as the table has it, for devices that take no longer one.
pub const SHORT_IC_NUMBER_BYTES: usize = 8;
/// Bytes of a faceId.
pub const FACE_ID_BYTES: usize = 32;
/// Faces of a person.
pub const FACES: usize = 3;
/// Periods of one day.
pub const PERIODS: usize = 10;
/// Bytes of the text of one day's periods.
pub const PERIODS_BYTES: usize = 256;
/// Periods that fit the 36 bytes of the simple `passPeriod`.
pub const SIMPLE_PERIODS: usize = 3;
/// Bytes of the name of a holiday.
pub const HOLIDAY_NAME_BYTES: usize = 24;
/// Bytes of the id of a pass rule.
pub const RULE_ID_BYTES: usize = 32;
/// Bytes of the name of a pass rule.
pub const RULE_NAME_BYTES: usize = 36;
/// Bytes of a text for the screen.
pub const SCREEN_TEXT_BYTES: usize = 20;
/// The longest `timeoutSeconds` that a terminal takes.
pub const SNAPSHOT_SECONDS: u32 = 300;
/// The longest `timeoutSeconds` and `timeOut` that a hub sends: it ends before the request would be sent again (QUIRKS T60).
pub const SENT_SNAPSHOT_SECONDS: u32 = 15;
/// Bytes of the address of a program.
pub const URL_BYTES: usize = 128;
/// Bytes of a program's version.
pub const VERSION_BYTES: usize = 64;
/// Hexadecimal digits that the serial port takes at once.
pub const SERIAL_DIGITS: usize = 256;
/// Bytes of what a QR code says; the document names none, a code holds no more.
pub const QR_CODE_BYTES: usize = 4096;
/// Bytes of a device's serial number (the document: 32).
pub const SERIAL_BYTES: usize = 64;
/// Bytes of other short texts that a device tells of itself (mac, type, version, uuid, timestamp, sign).
pub const DEVICE_TEXT_BYTES: usize = 64;

pub use crate::fields::FieldError;
pub use crate::limits::{at_most, filled, optional, within};

/// Pairs of hexadecimal digits, so many digits.
///
/// # Errors
/// [`FieldError`] for another text.
pub fn hexadecimal(
    field: &str,
    text: &str,
    digits: std::ops::RangeInclusive<usize>,
) -> Result<(), FieldError> {
    let pairs = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if pairs && digits.contains(&text.len()) {
        return Ok(());
    }
    let limit = format!(
        "{} to {} hexadecimal digits, in pairs",
        digits.start(),
        digits.end()
    );
    Err(FieldError::new(field, limit, text))
}
