//! Lists by page (8.2.5, 8.3.2).

use super::code::Code;
use super::incoming::{Incoming, Refused};
use super::time::Seconds;
use crate::lenient;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
pub struct Page<T> {
    /// Entries of the whole list.
    #[serde(default)]
    pub total: i64,
    /// Which page, from 1 on.
    #[serde(rename = "pageNum", default)]
    pub page: i64,
    /// Entries of this page.
    #[serde(default)]
    pub size: i64,
    /// Entries that a page has at most.
    #[serde(rename = "pageSize", default)]
    pub page_size: i64,
    /// Pages of the whole list.
    #[serde(rename = "totalPage", default)]
    pub pages: i64,
    /// The entries.
    #[serde(rename = "data", default, deserialize_with = "lenient::salvaged_list")]
    pub entries: Vec<T>,
}

impl<T> Page<T> {
    /// A page of a list of `total` entries.
    #[must_use]
    pub fn new(entries: Vec<T>, total: usize, asked: Paging) -> Self {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            total: count(total),
            page: asked.page,
            size: count(entries.len()),
            page_size: asked.size,
            pages: count(total).saturating_add(asked.size.saturating_sub(1)) / asked.size.max(1),
            entries,
        }
    }

    /// The page of an empty list.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Vec::new(), 0, Paging { page: 1, size: 0 })
    }

    /// Whether another page follows, as far as the device says: devices count wrongly, so that an empty page is the last
    /// one in any case (QUIRKS O22).
    #[must_use]
    pub fn has_next(&self) -> bool {
        !self.entries.is_empty() && self.page < self.pages
    }
}

/// Which page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// From 1 on.
    pub page: i64,
    /// Entries of a page.
    pub size: i64,
}

impl Paging {
    /// How many entries come before the page.
    #[must_use]
    pub fn skipped(self) -> usize {
        let skipped = self.page.saturating_sub(1).saturating_mul(self.size);
        usize::try_from(skipped).unwrap_or_default()
    }

    /// The parameters of a query.
    pub(super) fn query(self) -> [(&'static str, String); 2] {
        [("page", self.page.to_string()), ("size", self.size.to_string())]
    }

    /// How many entries the page has at most.
    #[must_use]
    pub fn most(self) -> usize {
        usize::try_from(self.size).unwrap_or_default()
    }
}

/// Filters in a query.
pub(super) struct Filters<'a>(pub(super) &'a Incoming);

impl Filters<'_> {
    fn value<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Refused> {
        let value = self.0.parameters.get(name).unwrap_or(&Value::Null);
        lenient::read(value).map_err(|error| Refused::new(Code::InvalidParameter, format!("{name}: {error}")))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refused> {
        self.value(name)
    }

    pub(super) fn seconds(&self, name: &str) -> Result<Option<Seconds>, Refused> {
        self.value(name)
    }

    /// A person's type: one of the document's.
    pub(super) fn one_of(&self, name: &str, numbers: &[i64]) -> Result<Option<i64>, Refused> {
        match self.value::<i64>(name)? {
            Some(number) if !numbers.contains(&number) => Err(Refused::new(
                Code::InvalidParameter,
                format!("{name}: one of {numbers:?}, got {number}"),
            )),
            other => Ok(other),
        }
    }

    /// A page from 1 on; a size from 1 to `most`, which stands for whatever is more.
    pub(super) fn paging(&self, usual: i64, most: i64) -> Result<Paging, Refused> {
        let number = |name: &str, usual: i64| match self.value::<i64>(name)?.unwrap_or(usual) {
            number if number >= 1 => Ok(number),
            other => Err(Refused::new(
                Code::InvalidParameter,
                format!("{name}: from 1 on, got {other}"),
            )),
        };
        Ok(Paging {
            page: number("page", 1)?,
            size: number("size", usual)?.min(most),
        })
    }
}
