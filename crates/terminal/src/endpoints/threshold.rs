//! A dialect's scale of similarity beside the engine's: its default stands for `accept`, its highest for 1, linear between
//! (terminal rule 12).

/// A dialect's scale.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// What stands for the engine's `accept`.
    pub(crate) default: f32,
    /// What stands for 1.
    pub(crate) highest: f32,
}

impl Scale {
    /// A threshold or score of the wire as a cosine.
    pub(crate) fn cosine(self, wire: f32, accept: f32) -> f32 {
        if wire <= self.default {
            return wire / self.default * accept;
        }
        accept + (wire - self.default) / (self.highest - self.default) * (1.0 - accept)
    }

    /// A cosine on the wire's scale.
    pub(crate) fn wire(self, cosine: f32, accept: f32) -> f32 {
        let cosine = cosine.clamp(0.0, 1.0);
        if cosine < accept {
            return cosine / accept * self.default;
        }
        if accept >= 1.0 {
            return self.highest;
        }
        self.default + (cosine - accept) / (1.0 - accept) * (self.highest - self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERCENT: Scale = Scale {
        default: 80.0,
        highest: 100.0,
    };

    #[test]
    fn the_default_stands_for_accept_and_the_highest_for_one() {
        for (wire, cosine) in [(80.0, 0.5), (100.0, 1.0), (90.0, 0.75), (40.0, 0.25), (0.0, 0.0)] {
            assert!((PERCENT.cosine(wire, 0.5) - cosine).abs() < 1e-6, "{wire}");
            assert!((PERCENT.wire(cosine, 0.5) - wire).abs() < 1e-4, "{cosine}");
        }
        assert!(PERCENT.wire(-0.3, 0.5).abs() < 1e-6);
        assert!((PERCENT.wire(1.0, 1.0) - 100.0).abs() < 1e-6);
    }
}
