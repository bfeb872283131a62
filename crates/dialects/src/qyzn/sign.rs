//! Signatures (4.2.2, 4.2.3): MD5 over plain concatenation, lower-case hex. They prove little; a device is pending
//! until someone approves it.

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

/// The constant in every signature; not the magic of the frames (QUIRKS T12).
pub const SIGN_MAGIC: &str = "P3K0eikSRSJHliME";

/// `md5(serial + mac + timestamp + magic)`.
#[must_use]
pub fn register(serial: &str, mac: &str, timestamp: &str) -> String {
    signature(&[serial, mac, timestamp])
}

/// `md5(uuid + passwd + timestamp + magic)`.
#[must_use]
pub fn login(uuid: &str, passwd: &str, timestamp: &str) -> String {
    signature(&[uuid, passwd, timestamp])
}

/// Compares a signature that came with the one that is due, in constant time; upper-case hex is as good.
#[must_use]
pub fn verify(came: &str, due: &str) -> bool {
    let came = came.trim().to_ascii_lowercase();
    came.as_bytes().ct_eq(due.to_ascii_lowercase().as_bytes()).into()
}

fn signature(parts: &[&str]) -> String {
    let mut digest = Md5::new();
    for part in parts {
        digest.update(part.as_bytes());
    }
    digest.update(SIGN_MAGIC.as_bytes());
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_captured_session_verifies() {
        let sign = register("8b8b7b54131f2cb7", "4A0347A91FC2", "1628753058");
        assert_eq!(sign, "5b28affa20f8b7b99fd1ec799c415535");
        let sign = login(
            "503337a3498b4e6b8349b084c26e1147",
            "sUYpY/mV+WDaBacu",
            "1628753058",
        );
        assert_eq!(sign, "63e36826374cdb690f4fdae1b9744856");
    }

    #[test]
    fn the_dump_of_the_document_verifies() {
        let sign = register("0a9310e7acc298d3", "0064871ECB01", "1564535879");
        assert!(verify("9f5b57edbc953de33dae1856cc35d79b", &sign));
        assert!(verify("9F5B57EDBC953DE33DAE1856CC35D79B ", &sign));
        assert!(!verify("9f5b57edbc953de33dae1856cc35d79c", &sign));
        assert!(!verify("", &sign));
    }
}
