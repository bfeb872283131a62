//! The three who come to the door, and what they show it.

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GenericImageView};

/// What someone shows at the door.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    /// A face before the camera.
    Picture(Vec<u8>),
    /// A card at the reader.
    Card(&'static str),
}

/// Someone of the demo.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    /// The id in the hub.
    pub(crate) id: &'static str,
    /// What the hub and the door call them.
    pub(crate) name: &'static str,
    /// The photo that is enrolled, if there are photos.
    pub(crate) enrolled: Option<Vec<u8>>,
    /// The card that is enrolled, without photos.
    pub(crate) card: Option<&'static str>,
    /// What they show, and what that is.
    pub(crate) shows: Vec<(Shown, &'static str)>,
}

/// The three.
#[derive(Debug, Clone)]
pub(crate) struct People {
    /// Belongs here.
    pub(crate) member: Role,
    /// A visitor whose time runs out.
    pub(crate) visitor: Role,
    /// A stranger first, and blocked later.
    pub(crate) third: Role,
}

/// A few photos: of the first person several, of the others one each.
#[derive(Debug, Clone)]
pub(crate) struct Photos {
    /// Of the member: the first is enrolled, the others are shown.
    pub(crate) member: Vec<Vec<u8>>,
    /// Of the visitor.
    pub(crate) visitor: Vec<u8>,
    /// Of the third.
    pub(crate) third: Vec<u8>,
}

const MEMBER: (&str, &str, &str) = ("demo-member", "Member", "1000001");
const VISITOR: (&str, &str, &str) = ("demo-visitor", "Visitor", "1000002");
const THIRD: (&str, &str, &str) = ("demo-third", "Third", "1000003");

impl People {
    /// Who come with their faces.
    pub(crate) fn with_photos(photos: &Photos) -> Result<Self> {
        let (enrolled, others) = photos.member.split_first().context("no photo of the member")?;
        let unseen = others
            .iter()
            .map(|photo| (Shown::Picture(photo.clone()), "a photo that is not enrolled"));
        Ok(Self {
            member: role(MEMBER, Some(enrolled.clone()), unseen.collect()),
            visitor: role(VISITOR, Some(photos.visitor.clone()), copies(&photos.visitor)?),
            third: role(THIRD, Some(photos.third.clone()), copies(&photos.third)?),
        })
    }

    /// Who come with cards.
    pub(crate) fn with_cards() -> Self {
        let card = |who: (&'static str, &'static str, &'static str)| {
            let mut role = role(who, None, vec![(Shown::Card(who.2), "a card")]);
            role.card = Some(who.2);
            role
        };
        Self {
            member: card(MEMBER),
            visitor: card(VISITOR),
            third: card(THIRD),
        }
    }
}

fn role(
    who: (&'static str, &'static str, &str),
    enrolled: Option<Vec<u8>>,
    shows: Vec<(Shown, &'static str)>,
) -> Role {
    Role {
        id: who.0,
        name: who.1,
        enrolled,
        card: None,
        shows,
    }
}

/// How a copy differs from its photo: what is cut off at left, top, right and bottom (thousandths of the sides), how
/// much brighter it is (of 255), and how large it is (thousandths).
const VARIATIONS: [([u32; 4], i32, u32); 2] = [([60, 40, 20, 90], 28, 850), ([10, 30, 80, 50], -30, 1150)];
/// The quality of the copies' JPEG.
const COPY_QUALITY: u8 = 88;

/// Copies of a photo, framed and lit differently.
fn copies(photo: &[u8]) -> Result<Vec<(Shown, &'static str)>> {
    let picture = image::load_from_memory(photo).context("a sample photo")?;
    let copies = VARIATIONS.iter().map(|variation| {
        let copy = varied(&picture, *variation);
        let mut bytes = Vec::new();
        copy.to_rgb8()
            .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, COPY_QUALITY))?;
        Ok((
            Shown::Picture(bytes),
            "a re-framed, re-lit copy of the enrolled photo",
        ))
    });
    copies.collect()
}

fn varied(picture: &DynamicImage, (cuts, brighter, size): ([u32; 4], i32, u32)) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let of = |side: u32, thousandths: u32| side * thousandths / 1000;
    let [left, top, right, bottom] = cuts;
    let (x, y) = (of(width, left), of(height, top));
    let cut = picture.crop_imm(
        x,
        y,
        width - x - of(width, right),
        height - y - of(height, bottom),
    );
    let lit = cut.brighten(brighter);
    lit.resize(
        of(lit.width(), size),
        of(lit.height(), size),
        image::imageops::FilterType::Triangle,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_pictures_of_their_own() {
        let mut photo = Vec::new();
        let picture = DynamicImage::ImageRgb8(image::RgbImage::from_fn(200, 100, |x, y| {
            image::Rgb([x as u8, y as u8, 90])
        }));
        picture
            .write_to(&mut std::io::Cursor::new(&mut photo), image::ImageFormat::Png)
            .unwrap();
        let copies = copies(&photo).unwrap();
        let sizes = copies.iter().map(|(shown, _)| match shown {
            Shown::Picture(bytes) => image::load_from_memory(bytes).unwrap().dimensions(),
            Shown::Card(_) => panic!("a card"),
        });
        assert_eq!(sizes.collect::<Vec<_>>(), [(154, 73), (208, 105)]);
    }
}
