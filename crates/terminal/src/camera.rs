//! The camera's picture: the last frame that the kiosk posted (terminal rule 13).

use bytes::Bytes;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a frame stands for what the camera sees.
pub const FRAME_LIFE: Duration = Duration::from_secs(10);

/// Quality of converted pictures, 1 to 100.
const JPEG_QUALITY: u8 = 90;

/// The longest side of a picture that is made to fit a message, pixels.
const FITTING_SIDE: u32 = 1920;

/// A frame that came from the camera.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The picture, as it came.
    pub bytes: Bytes,
    /// When it came.
    pub at: Instant,
    /// Whether it shows a face; `None` where no model could look.
    pub has_face: Option<bool>,
}

/// Keeps the last frame.
#[derive(Debug)]
pub struct Camera(watch::Sender<Option<Frame>>);

impl Default for Camera {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Camera {
    /// A new frame.
    pub fn show(&self, frame: Frame) {
        self.0.send_replace(Some(frame));
    }

    /// The last frame, if it is not too old.
    #[must_use]
    pub fn last(&self) -> Option<Frame> {
        self.0.borrow().clone().filter(is_fresh)
    }

    /// Waits up to `patience` for a frame that shows a face; then whatever the camera sees, if anything.
    pub async fn snapshot(&self, patience: Duration) -> Option<Frame> {
        let mut frames = self.0.subscribe();
        let good = frames.wait_for(|frame| {
            frame
                .as_ref()
                .is_some_and(|frame| frame.has_face != Some(false) && is_fresh(frame))
        });
        match tokio::time::timeout(patience, good).await {
            Ok(Ok(frame)) => frame.clone(),
            _ => self.last(),
        }
    }
}

/// A picture as dialects take it: JPEG. Other formats are converted, as large as they are; `None` where that fails.
/// Blocking work for what is no JPEG.
#[must_use]
pub fn as_jpeg(bytes: &[u8], limits: &face::ImageLimits) -> Option<Vec<u8>> {
    if face::decode::media_type(bytes) == Some("image/jpeg") {
        return Some(bytes.to_vec());
    }
    let picture = face::decode::decode(bytes, limits).ok()?;
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
    let color = image::ExtendedColorType::Rgb8;
    image::ImageEncoder::write_image(
        encoder,
        picture.pixels(),
        picture.width(),
        picture.height(),
        color,
    )
    .ok()?;
    Some(jpeg)
}

/// A picture for a message of at most `bytes` bytes of picture: as it came where it is a JPEG that fits, else shrunk, or
/// cropped to `face` with some room around it. `None` where it is no picture. Blocking work.
#[must_use]
pub fn fitting(
    picture: &[u8],
    limits: &face::ImageLimits,
    bytes: usize,
    face: Option<&face::FaceBox>,
) -> Option<Vec<u8>> {
    if face.is_none() && picture.len() <= bytes && face::decode::media_type(picture) == Some("image/jpeg") {
        return Some(picture.to_vec());
    }
    let fit = face::RenditionLimits {
        max_longer_side: FITTING_SIDE,
        max_shorter_side: FITTING_SIDE,
        max_bytes: bytes,
        // A face that is asked for is cut out, however large it is.
        min_face: f32::MAX,
        ..face::RenditionLimits::default()
    };
    face::rendition(picture, limits, &fit, face).ok()
}

fn is_fresh(frame: &Frame) -> bool {
    frame.at.elapsed() <= FRAME_LIFE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &'static str, has_face: Option<bool>) -> Frame {
        Frame {
            bytes: Bytes::from_static(text.as_bytes()),
            at: Instant::now(),
            has_face,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_a_face_and_takes_what_there_is() {
        let camera = Camera::default();
        assert!(camera.snapshot(Duration::from_secs(1)).await.is_none());
        camera.show(frame("empty", Some(false)));
        let taken = camera.snapshot(Duration::from_secs(1)).await.unwrap();
        assert_eq!(taken.bytes, "empty");
        let (taken, ()) = tokio::join!(camera.snapshot(Duration::from_secs(60)), async {
            camera.show(frame("face", Some(true)));
        });
        assert_eq!(taken.unwrap().bytes, "face");
        tokio::time::advance(FRAME_LIFE + Duration::from_millis(1)).await;
        assert!(camera.last().is_none(), "too old");
    }
}
