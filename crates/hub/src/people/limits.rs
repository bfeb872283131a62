//! How long a person's fields may be, in characters.

/// A name. Longer than any dialect takes: what a device cannot show is cut there and reported.
pub const NAME_CHARACTERS: usize = 128;
/// An employee number.
pub const CODE_CHARACTERS: usize = 64;
/// A line such as a telephone number, a department or a room.
pub const LINE_CHARACTERS: usize = 128;
/// A text such as an address, a remark or a greeting.
pub const TEXT_CHARACTERS: usize = 1000;
/// A credential's number or content; what fits a QR code that a door can read.
pub const CREDENTIAL_CHARACTERS: usize = 256;
/// Groups that one person is in.
pub const GROUPS_OF_A_PERSON: usize = 100;
/// Widths of a Wiegand number, in bits.
pub const WIEGAND_BITS: [u8; 2] = [26, 34];
/// Periods of one day.
pub const PERIODS_OF_A_DAY: usize = 24;
/// Holidays of one schedule.
pub const HOLIDAYS_OF_A_SCHEDULE: usize = 200;
