//! A template: what is kept of a face so that it can be recognised.

/// Numbers in a template.
pub const TEMPLATE_LENGTH: usize = 128;

/// Bytes of a template in storage: little-endian `f32`.
pub const TEMPLATE_BYTES: usize = TEMPLATE_LENGTH * 4;

/// Which network and preparation made a template. Templates of different versions must never be compared; keep this
/// beside each of them and recompute from the photo when it differs.
pub const MODEL_VERSION: &str = "sface-2021dec-int8bq/1";

/// A face's embedding: `[128]` `f32`, L2-normalised, so that a product is a cosine.
#[derive(Clone, PartialEq)]
pub struct Template([f32; TEMPLATE_LENGTH]);

/// Why bytes are not a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The length is wrong.
    #[error("a template has {TEMPLATE_BYTES} bytes, these are {0}")]
    Length(usize),
    /// A number is not finite, or all are zero.
    #[error("a template cannot hold infinities, or zeros alone")]
    Numbers,
}

impl Template {
    /// Makes a template of a network's raw output: normalises it to length 1.
    ///
    /// # Errors
    /// [`TemplateError::Numbers`] when it has no direction.
    pub fn from_raw(mut values: [f32; TEMPLATE_LENGTH]) -> Result<Self, TemplateError> {
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        if !length.is_finite() || length <= f32::EPSILON {
            return Err(TemplateError::Numbers);
        }
        for value in &mut values {
            *value /= length;
        }
        Ok(Self(values))
    }

    /// Reads what [`Template::to_bytes`] wrote. It is normalised again, so that no stored rounding counts.
    ///
    /// # Errors
    /// [`TemplateError`] when the length is wrong or the numbers are no direction.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TemplateError> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        if numbers.len() != TEMPLATE_LENGTH || !rest.is_empty() {
            return Err(TemplateError::Length(bytes.len()));
        }
        let mut values = [0.0; TEMPLATE_LENGTH];
        for (value, number) in values.iter_mut().zip(numbers) {
            *value = f32::from_le_bytes(*number);
        }
        Self::from_raw(values)
    }

    /// The template in storage: 512 bytes, little-endian `f32`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// The 128 numbers, of length 1 together.
    #[must_use]
    pub fn values(&self) -> &[f32; TEMPLATE_LENGTH] {
        &self.0
    }

    /// How alike two faces are: the cosine, −1 to 1.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f32 {
        crate::ranking::product(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Template {
    /// Says nothing of the numbers: they are biometric data and have no place in a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Template(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_survives_storage_and_is_normalised() {
        let mut raw = [0.5; TEMPLATE_LENGTH];
        raw[3] = -7.0;
        let template = Template::from_raw(raw).unwrap();
        let back = Template::from_bytes(&template.to_bytes()).unwrap();
        assert!((template.similarity(&back) - 1.0).abs() < 1e-6);
        assert_eq!(format!("{template:?}"), "Template(…)");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        assert_eq!(Template::from_bytes(&[0; 511]), Err(TemplateError::Length(511)));
        assert_eq!(
            Template::from_bytes(&[0; TEMPLATE_BYTES]),
            Err(TemplateError::Numbers)
        );
        assert_eq!(
            Template::from_bytes(&[0xff; TEMPLATE_BYTES]),
            Err(TemplateError::Numbers)
        );
    }
}
