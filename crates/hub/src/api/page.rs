//! Lists in pages: `?limit=&cursor=` → `{items, next_cursor}` (hub rule 12).

use super::problem::Problem;
use super::query::InputQuery;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use store::hub::{Page, PageRequest};
use utoipa::{IntoParams, ToSchema};

/// Items of a page when nobody says how many.
pub const DEFAULT_LIMIT: u32 = 100;
/// Items of a page at most.
pub const MAX_LIMIT: u32 = 1000;
/// Cursors begin with this: they may mean something else one day.
const CURSOR_VERSION: &str = "1:";

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to pass as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self {
            items: page.items,
            next_cursor: page.next.map(cursor),
        }
    }
}

impl<T> List<T> {
    /// The page with its items as the API shows them.
    pub fn of<S>(page: Page<S>, show: impl FnMut(S) -> T) -> Self {
        page.map(show).into()
    }
}

/// The query parameters of a list, for the API's document.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items on a page, 1 to 1000; 100 when absent.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Which page the caller wants. As an extractor it answers 422 for a bad limit and 400 for a bad cursor.
#[derive(Debug, Clone, Copy)]
pub struct Paging(pub PageRequest);

/// Which page the caller wants of a list whose place is a text: the last item's id or number. `kind` is the list's, so
/// that a cursor of another list is none.
#[derive(Debug)]
pub struct TextPaging {
    kind: &'static str,
    /// What follows this.
    pub after: Option<String>,
    limit: u32,
}

impl TextPaging {
    /// Reads the query of a list of this kind.
    ///
    /// # Errors
    /// 422 for a bad limit, 400 for a bad cursor.
    pub fn of(kind: &'static str, query: &PageQuery) -> Result<Self, Problem> {
        let limit = limit(query)?;
        let place = |cursor: &str| {
            let text = decoded(cursor)?;
            text.strip_prefix(kind)?.strip_prefix(':').map(str::to_owned)
        };
        let after = query
            .cursor
            .as_deref()
            .map(|cursor| place(cursor).ok_or_else(bad_cursor))
            .transpose()?;
        Ok(Self { kind, after, limit })
    }

    /// How many items to look for: one more than the page has, to know whether there are more.
    #[must_use]
    pub fn wanted(&self) -> u32 {
        self.limit.saturating_add(1)
    }

    /// The page of what was found.
    #[must_use]
    pub fn list<T>(&self, mut items: Vec<T>, place: impl Fn(&T) -> &str) -> List<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|item| URL_SAFE_NO_PAD.encode(format!("{}:{}", self.kind, place(item))));
        List { items, next_cursor }
    }
}

fn limit(query: &PageQuery) -> Result<u32, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::invalid_field(
        "limit",
        "out_of_range",
        "a page has 1 to 1000 items",
    ))
}

impl TryFrom<PageQuery> for Paging {
    type Error = Problem;
    fn try_from(query: PageQuery) -> Result<Self, Problem> {
        let limit = limit(&query)?;
        let after = query.cursor.as_deref().map(place).transpose()?;
        Ok(Self(PageRequest { after, limit }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let InputQuery(query) = InputQuery::<PageQuery>::from_request_parts(parts, state).await?;
        query.try_into()
    }
}

fn cursor(place: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{CURSOR_VERSION}{place}"))
}

fn place(cursor: &str) -> Result<i64, Problem> {
    decoded(cursor)
        .and_then(|text| text.strip_prefix(CURSOR_VERSION)?.parse().ok())
        .ok_or_else(bad_cursor)
}

fn decoded(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

fn bad_cursor() -> Problem {
    Problem::bad_request("bad_cursor", "the cursor is not one that a list gave")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, u16> {
        let query = PageQuery {
            limit,
            cursor: cursor.map(str::to_owned),
        };
        Paging::try_from(query)
            .map(|paging| paging.0)
            .map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn a_page_goes_on_where_the_cursor_says() {
        let list: List<u8> = Page {
            items: vec![1],
            next: Some(42),
        }
        .into();
        let request = page(Some(7), list.next_cursor.as_deref());
        assert_eq!(
            request,
            Ok(PageRequest {
                after: Some(42),
                limit: 7
            })
        );
    }

    #[test]
    fn bad_cursors_and_limits_are_told_apart() {
        for bad in ["", "x", "MTo", "eDox", "!!!"] {
            assert_eq!(page(None, Some(bad)), Err(400), "{bad:?}");
        }
        for bad in [0, 1001, u32::MAX] {
            assert_eq!(page(Some(bad), None), Err(422), "{bad}");
        }
        assert_eq!(
            page(Some(1000), None),
            Ok(PageRequest {
                after: None,
                limit: 1000
            })
        );
    }
}
