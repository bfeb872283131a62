//! A hub with one terminal that was written by hand, in a granted zone. Devices are approved by themselves, photos are not
//! looked at.

use super::Device;
use crate::kit::{Client, TestHub};
use serde_json::{Value, json};

pub struct Site {
    pub hub: TestHub,
    pub admin: Client,
    pub device: Device,
    pub path: String,
}

impl Site {
    pub async fn start() -> Self {
        Self::start_with(50, "").await
    }

    /// With so many milliseconds of quiet before records are cleared, and more tables of configuration.
    pub async fn start_with(quiet_ms: u32, more: &str) -> Self {
        let own = format!(
            "[devices]\napprove = \"automatic\"\ndrain_quiet_ms = {quiet_ms}\n[faces]\ncheck = \"off\"\n"
        );
        let hub = TestHub::start_with(&format!("{own}{more}")).await;
        let admin = hub.admin().await;
        let zone = admin
            .post("/zones", &json!({"name": "gate"}))
            .await
            .expect(201)
            .json();
        let group = admin
            .post("/groups", &json!({"name": "staff"}))
            .await
            .expect(201)
            .json();
        let grant = json!({"group_id": group["id"], "zone_id": zone["id"]});
        admin.post("/grants", &grant).await.expect(201);
        let mut device = Device::dial(&hub.running.listeners().qyzn.clone().unwrap(), "OPS-1").await;
        device.enter().await;
        let told = device.asked_for("online_openDoor").await;
        device.answer(&told, 0, json!({})).await;
        let shown = admin.all("/devices?query=OPS-1").await[0].clone();
        let path = format!("/devices/{}", shown["id"].as_str().unwrap());
        admin
            .patch(&path, &json!({"zone_id": zone["id"]}))
            .await
            .expect(200);
        Self {
            hub,
            admin,
            device,
            path,
        }
    }

    pub async fn post(&self, body: &Value) -> Value {
        let path = format!("{}/commands", self.path);
        self.admin.post(&path, body).await.expect(202).json()
    }

    /// The command once the hub has written what became of it: another one goes the whole way behind it,
    /// one that passes none.
    pub async fn ended(&mut self, command: &Value) -> Value {
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        self.post(&json!({"kind": "sync_time"})).await;
        let time = self.device.asked_for("config_system").await;
        self.device.answer(&time, 0, json!({})).await;
        self.admin.get(&path).await.expect(200).json()
    }

    /// A command whose request on the wire is exactly this; answered by `data`, then, given again, by a code.
    pub async fn command(
        &mut self,
        body: Value,
        message: &str,
        wire: Value,
        data: Value,
        code: i64,
    ) -> Value {
        let command = self.post(&body).await;
        let asked = self.device.asked_for(message).await;
        assert_eq!(asked.body, json!({"message": message, "data": wire}), "{body}");
        self.device.answer(&asked, 0, data).await;
        let done = self.ended(&command).await;
        assert_eq!(done["state"], "done", "{done}");

        let command = self.post(&body).await;
        let asked = self.device.asked_for(message).await;
        self.device.answer(&asked, code, json!({})).await;
        let failed = self.ended(&command).await;
        assert_eq!(failed["state"], "failed", "{failed}");
        assert_eq!(failed["error"], format!("{code}: from the device"));
        done["result"].clone()
    }

    pub async fn native(&mut self, operation: &str, wire: Value, data: Value, code: i64) -> Value {
        let message = operation.split(':').next().unwrap().to_owned();
        let body = json!({"kind": "native", "operation": operation, "body": wire});
        let result = self.command(body, &message, wire.clone(), data, code).await;
        result["data"].clone()
    }
}
