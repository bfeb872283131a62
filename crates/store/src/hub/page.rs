//! Lists in pieces, and objects with their revision.

use serde::Serialize;

/// Which piece of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The place after which to go on (a `seq`); `None` is the start.
    pub after: Option<i64>,
    /// How many items at most.
    pub limit: u32,
}

/// A piece of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The place of the last item when more follow; `None` on the last page.
    pub next: Option<i64>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` rows, each with its place: read one more than asked for to know whether
    /// more follow.
    #[must_use]
    pub fn from_rows(mut rows: Vec<(i64, T)>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more {
            rows.last().map(|(place, _)| *place)
        } else {
            None
        };
        Self {
            items: rows.into_iter().map(|(_, item)| item).collect(),
            next,
        }
    }

    /// The same page with other items.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

/// An object and how often it was changed; the number guards changes (`If-Match`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revised<T> {
    /// Starts at 1 and grows with each change.
    pub revision: i64,
    /// The object itself.
    #[serde(flatten)]
    pub object: T,
}
