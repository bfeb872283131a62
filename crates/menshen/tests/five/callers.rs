//! Platforms of the three dialects whose terminals are called, by hand from the documents.

use crate::kit::PATIENCE;
use md5::{Digest, Md5};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

/// The body of an answer that must be HTTP 200 and JSON.
async fn answer(request: RequestBuilder) -> Value {
    let answer = request.timeout(PATIENCE).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// `lan`: every parameter beside the key.
pub(crate) struct Lan {
    pub(crate) base: String,
    pub(crate) http: Client,
}

impl Lan {
    /// A GET that must succeed.
    pub(crate) async fn told(&self, name: &str, query: &str) -> Value {
        let url = format!("{}/{name}?key=abc&{query}", self.base);
        let answer = answer(self.http.get(url)).await;
        assert_eq!(answer["status"], 0, "{name}: {answer}");
        answer["data"].clone()
    }

    /// A POST that must succeed.
    pub(crate) async fn done(&self, name: &str, mut parameters: Value) {
        parameters["key"] = json!("abc");
        let request = self.http.post(format!("{}/{name}", self.base));
        let answer = answer(
            request
                .header("content-type", "application/json")
                .body(parameters.to_string()),
        )
        .await;
        assert_eq!(answer["status"], 0, "{name}: {answer}");
    }
}

/// `facegate`: operators with Basic authentication.
pub(crate) struct Facegate {
    pub(crate) base: String,
    pub(crate) http: Client,
}

impl Facegate {
    /// A call; what it gives back.
    pub(crate) async fn call(&self, operator: &str, info: Value) -> Value {
        self.raw(operator, &json!({"operator": operator, "info": info}))
            .await["info"]
            .clone()
    }

    /// A call that must succeed, with a body as it stands.
    pub(crate) async fn raw(&self, operator: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}/action/{operator}", self.base));
        let request = request
            .basic_auth("admin", Some("admin"))
            .header("content-type", "application/json");
        let answer = answer(request.body(body.to_string())).await;
        assert_ne!(answer["info"]["Result"], "Fail", "{operator}: {answer}");
        answer
    }
}

/// `openapi`: signed paths.
pub(crate) struct OpenApi {
    pub(crate) base: String,
    pub(crate) http: Client,
}

/// Nothing is there (chapter 7).
const NOTHING_FOUND: i64 = 50008;

impl OpenApi {
    fn url(&self, path: &str) -> String {
        // Each call has its own: what acts takes a signature once.
        static LAST: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = u64::try_from(since.as_millis()).unwrap();
        let last = LAST.fetch_update(Relaxed, Relaxed, |last| Some(now.max(last + 1)));
        let timestamp = now.max(last.unwrap() + 1);
        let sign = hex::encode(Md5::digest(format!("{timestamp}#123456")));
        format!("{}{path}?timestamp={timestamp}&sign={sign}", self.base)
    }

    /// A GET that must succeed; null where there is nothing.
    pub(crate) async fn told(&self, path: &str, query: &str) -> Value {
        let answer = answer(self.http.get(format!("{}&{query}", self.url(path)))).await;
        if answer["code"] == NOTHING_FOUND {
            return Value::Null;
        }
        assert_eq!(answer["code"], 200, "{path}: {answer}");
        answer["data"].clone()
    }

    /// A POST that must succeed.
    pub(crate) async fn done(&self, path: &str, content: Value) {
        let answer = answer(self.http.post(self.url(path)).body(content.to_string())).await;
        assert_eq!(answer["code"], 200, "{path}: {answer}");
    }
}
