//! The signature of `register` (2.1.1). It holds no secret and proves nothing; the document's printed example does not
//! verify (QUIRKS M14).

use md5::{Digest, Md5};

/// Upper-case MD5 of serial, time, random text and serial.
#[must_use]
pub fn sign(device_no: &str, register_time: &str, rand: &str) -> String {
    let mut digest = Md5::new();
    for part in [device_no, register_time, rand, device_no] {
        digest.update(part.as_bytes());
    }
    hex::encode_upper(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_documented_concatenation() {
        // What `printf FaceDevice0011508845817e10adc3949ba59abbe56e057f20f883eFaceDevice001 | md5sum` prints.
        let signed = sign("FaceDevice001", "1508845817", "e10adc3949ba59abbe56e057f20f883e");
        assert!(signed.starts_with("E7162A03"), "{signed}");
        assert_ne!(signed, "025984AB8393B9484226E6B1FA7BBF79");
    }
}
