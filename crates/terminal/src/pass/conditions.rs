//! What is measured at the door beside who it is: temperature, mask, helmet (terminal rule 11).

use crate::behaviour::Behaviour;
use model::Denial;
use serde::{Deserialize, Serialize};

/// What the sensors say now; it stays until it is set again.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sensors {
    /// Body temperature in degrees Celsius.
    pub temperature: Option<f32>,
    /// Whether a mask is worn.
    pub mask: Option<bool>,
    /// Whether a helmet is worn.
    pub safety_hat: Option<bool>,
}

/// What is demanded of whoever passes; nothing, until a dialect turns it on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conditions {
    /// Nobody passes at or over this temperature.
    pub fever_from: Option<f32>,
    /// Nobody passes without a mask.
    pub mask: bool,
}

impl Conditions {
    /// What platforms demand.
    #[must_use]
    pub fn of(behaviour: &Behaviour) -> Self {
        Self {
            fever_from: behaviour.fever_from,
            mask: behaviour.mask,
        }
    }

    /// What speaks against letting somebody in; a demanded measurement that is missing does not.
    #[must_use]
    pub fn objection(&self, sensors: &Sensors) -> Option<Denial> {
        let hot = self
            .fever_from
            .zip(sensors.temperature)
            .is_some_and(|(limit, measured)| measured >= limit);
        if hot {
            return Some(Denial::Fever);
        }
        (self.mask && sensors.mask == Some(false)).then_some(Denial::Mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_demanded_until_it_is_turned_on() {
        let sick = Sensors {
            temperature: Some(39.5),
            mask: Some(false),
            safety_hat: None,
        };
        assert_eq!(Conditions::default().objection(&sick), None);
        let strict = Conditions {
            fever_from: Some(37.3),
            mask: true,
        };
        assert_eq!(strict.objection(&sick), Some(Denial::Fever));
        assert_eq!(
            strict.objection(&Sensors {
                temperature: Some(36.5),
                ..sick
            }),
            Some(Denial::Mask)
        );
        assert_eq!(strict.objection(&Sensors::default()), None);
    }
}
