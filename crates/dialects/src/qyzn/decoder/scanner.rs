//! Finds where a JSON object or array ends, without parsing it, over any number of pieces.

use crate::lenient::is_padding;
use memchr::memchr2;

/// Follows brackets and strings. Each call of [`Self::feed`] gets the whole body so far; what was seen is not looked
/// at again.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    position: usize,
    depth: u64,
    state: State,
    end: Option<usize>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Structure,
    Text,
    Escape,
    NotJson,
}

impl Scanner {
    /// Bytes looked at so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Where the JSON ends (the first byte after it), once it does.
    pub(super) fn end(&self) -> Option<usize> {
        self.end
    }

    /// Whether more bytes would change nothing: the JSON is complete, or there never was an object or array.
    pub(super) fn is_settled(&self) -> bool {
        self.end.is_some() || matches!(self.state, State::NotJson | State::Before)
    }

    /// Looks at what is new in `body`.
    pub(super) fn feed(&mut self, body: &[u8]) {
        while self.end.is_none() && self.state != State::NotJson {
            let Some(rest) = body.get(self.position..).filter(|rest| !rest.is_empty()) else {
                return;
            };
            match self.state {
                State::Text => self.text(rest),
                State::Escape => {
                    self.state = State::Text;
                    self.position += 1;
                }
                _ => self.structure(rest),
            }
        }
    }

    fn text(&mut self, rest: &[u8]) {
        match memchr2(b'"', b'\\', rest) {
            Some(at) => {
                self.position += at + 1;
                self.state = if rest.get(at) == Some(&b'"') {
                    State::Structure
                } else {
                    State::Escape
                };
            }
            None => self.position += rest.len(),
        }
    }

    fn structure(&mut self, rest: &[u8]) {
        for &byte in rest {
            self.position += 1;
            match (self.state, byte) {
                (_, b'{' | b'[') => {
                    self.state = State::Structure;
                    self.depth += 1;
                }
                (State::Before, byte) if is_padding(byte) || matches!(byte, 0xEF | 0xBB | 0xBF) => {}
                (State::Before, _) => {
                    self.state = State::NotJson;
                    return;
                }
                (_, b'"') => {
                    self.state = State::Text;
                    return;
                }
                (_, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.end = Some(self.position);
                        return;
                    }
                }
                _ => {}
            }
        }
    }
}
