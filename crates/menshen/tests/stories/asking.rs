//! What a table of operations asks of a terminal through the hub's API.

#![allow(dead_code, reason = "each test binary uses a part")]

use crate::kit::{Pair, until};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

impl Pair {
    /// A path under the terminal's.
    pub(crate) fn at(&self, rest: &str) -> String {
        format!("/devices/{}{rest}", self.device)
    }

    /// A command, once it has ended.
    pub(crate) async fn command(&self, body: &Value) -> Value {
        let command = self.api.post(&self.at("/commands"), body).await;
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        let ended = || async {
            let command = self.api.get(&path).await;
            (!matches!(command["state"].as_str(), Some("queued" | "sent"))).then_some(command)
        };
        until(&format!("{body} to end"), ended).await
    }

    /// The result of a command that succeeds.
    pub(crate) async fn done(&self, body: &Value) -> Value {
        let command = self.command(body).await;
        assert_eq!(command["state"], "done", "{command}");
        command["result"].clone()
    }

    /// An operation as it stands in the document: the device's answer.
    pub(crate) async fn native(&self, operation: &str, body: &Value) -> Value {
        self.done(&json!({"kind": "native", "operation": operation, "body": body}))
            .await
    }

    /// The error of an operation that the device refuses.
    pub(crate) async fn refused(&self, operation: &str, body: &Value) -> String {
        let command = self
            .command(&json!({"kind": "native", "operation": operation, "body": body}))
            .await;
        assert_eq!(command["state"], "failed", "{command}");
        command["error"].as_str().unwrap().to_owned()
    }

    /// An operation beyond the document's limits is refused by the hub, before it is sent; what it says.
    pub(crate) async fn unsendable(&self, operation: &str, body: &Value) -> String {
        let native = json!({"kind": "native", "operation": operation, "body": body});
        let commands = self.at("/commands");
        let answer = self.api.send(reqwest::Method::POST, &commands, &native).await;
        let status = answer.status();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(status, 422, "{operation} {body}: {problem}");
        problem["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    /// Somebody before the camera: how it ended at the door.
    pub(crate) async fn look(&self, picture: &[u8]) -> String {
        let answer = self.kiosk.frame(picture.to_vec()).await;
        answer["decision"]["result"].as_str().unwrap_or("none").to_owned()
    }

    /// Sets fields of a group of the dialect's own settings, and reads them back.
    pub(crate) async fn set(&self, group: &str, changes: Value) {
        let path = self.at(&format!("/settings/native/{group}"));
        let told = self.api.patch(&path, &changes).await;
        let read = self.api.get(&path).await;
        for (key, value) in changes.as_object().unwrap() {
            assert_eq!((&told[key], &read[key]), (value, value), "{group}.{key}");
        }
    }

    /// A value out of range is refused by the hub, naming the field.
    pub(crate) async fn out_of_range(&self, group: &str, field: &str, value: Value) {
        let path = self.at(&format!("/settings/native/{group}"));
        let changes = json!({ field: value });
        let answer = self.api.send(reqwest::Method::PATCH, &path, &changes).await;
        let status = answer.status();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(
            (status.as_u16(), &problem["errors"][0]["path"]),
            (422, &json!(field)),
            "{problem}"
        );
    }

    /// What a command does restarts the terminal; waits until it is back.
    pub(crate) async fn restarts(&self, command: &Value) {
        let started = self.kiosk.state().await["started_at"].clone();
        self.done(command).await;
        until("the terminal to have restarted", || async {
            (self.kiosk.try_state().await?["started_at"] != started).then_some(())
        })
        .await;
        self.online().await;
    }
}

/// A server that has one file, whatever it is asked for.
pub(crate) async fn serve(name: &str, file: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                file.len()
            );
            let _written = stream.write_all(&[head.as_bytes(), &file].concat()).await;
        }
    });
    format!("http://{address}/{name}")
}
