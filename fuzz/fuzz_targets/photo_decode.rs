//! Photos: any bytes give a picture within the limits or a reason, and what the header promises is what comes.
#![no_main]

use face::decode::{ImageLimits, decode, dimensions};
use libfuzzer_sys::fuzz_target;

/// Small, so that a run spends its time on headers and not on pixels.
const LIMITS: ImageLimits = ImageLimits {
    max_bytes: 1 << 20,
    max_pixels: 1 << 18,
    max_side: 2048,
};

fuzz_target!(|bytes: &[u8]| {
    let promised = dimensions(bytes, &LIMITS);
    let Ok(picture) = decode(bytes, &LIMITS) else {
        return;
    };
    let size = (picture.width(), picture.height());
    assert_eq!(promised.ok(), Some(size));
    assert!(u64::from(size.0) * u64::from(size.1) <= LIMITS.max_pixels);
});
