//! Pictures of many people, made of few.

use crate::kit::photos;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GenericImageView};

/// So many pictures of a few people, each framed a little differently.
pub(crate) fn pictures(count: usize) -> Vec<Vec<u8>> {
    let people = photos().expect("the face models and sample photos");
    let originals: Vec<DynamicImage> = people
        .iter()
        .map(|photos| image::load_from_memory(&photos[0]).unwrap().thumbnail(480, 480))
        .collect();
    (0..count)
        .map(|n| {
            let original = &originals[n % originals.len()];
            let (width, height) = original.dimensions();
            let cut = u32::try_from(n / originals.len() % 20).unwrap();
            let framed = original.crop_imm(cut, cut, width - 2 * cut, height - 2 * cut);
            let lit = framed.brighten(i32::try_from(n / 97 % 40).unwrap() - 20);
            let mut jpeg = Vec::new();
            lit.to_rgb8()
                .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 85))
                .unwrap();
            jpeg
        })
        .collect()
}
