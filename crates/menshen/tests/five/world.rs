//! The terminal, the hub that two of its dialects dial, and the callers of the other three.

use crate::callers::{Facegate, Lan, OpenApi};
use crate::kit::{Pair, free_port, photos, until};
use crate::wires;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The names of the five, as this test speaks of them.
pub(crate) const FIVE: [&str; 5] = ["qyzn", "mqtt", "lan", "facegate", "openapi"];

pub(crate) struct World {
    /// Hub and terminal, which meet in the first dialect.
    pub(crate) pair: Pair,
    /// The same terminal as the hub's second device, which it is in another dialect.
    pub(crate) second: String,
    pub(crate) lan: Lan,
    pub(crate) facegate: Facegate,
    pub(crate) openapi: OpenApi,
}

impl World {
    pub(crate) async fn start() -> Self {
        let [broker, lan, facegate, openapi, push] = [(); 5].map(|()| free_port());
        let sets = [
            (wires::MQTT.terminal)(broker, 0),
            (wires::LAN.terminal)(0, lan),
            (wires::FACEGATE.terminal)(0, facegate),
            vec![
                format!("openapi.listen=127.0.0.1:{openapi}"),
                format!("openapi.push_listen=127.0.0.1:{push}"),
                "openapi.platform=".to_owned(),
                "terminal.repeat_seconds=0".to_owned(),
            ],
        ]
        .concat();
        let hub = (wires::MQTT.hub)(broker);
        let pair = Pair::start_with_hub(&borrowed(&hub), &borrowed(&sets)).await;
        let second = approved_second(&pair).await;
        let http = Client::new();
        let base = |port: u16| format!("http://127.0.0.1:{port}");
        let clone = || http.clone();
        Self {
            pair,
            second,
            lan: Lan {
                base: base(lan),
                http: clone(),
            },
            facegate: Facegate {
                base: base(facegate),
                http: clone(),
            },
            openapi: OpenApi {
                base: base(openapi),
                http: clone(),
            },
        }
    }

    /// A message of the document through the hub to one of its two devices.
    pub(crate) async fn native(&self, device: &str, operation: &str, body: Value) -> Value {
        let native = json!({"kind": "native", "operation": operation, "body": body});
        let api = &self.pair.api;
        let command = api.post(&format!("/devices/{device}/commands"), &native).await;
        let path = format!("/commands/{}", command["id"].as_str().unwrap());
        let command = until(operation, || async {
            let command = api.try_get(&path).await?;
            (!matches!(command["state"].as_str(), Some("queued" | "sent"))).then_some(command)
        })
        .await;
        assert_eq!(command["state"], "done", "{command}");
        command["result"].clone()
    }

    /// Adds somebody by one of the dialects, or changes the name.
    pub(crate) async fn put(&self, dialect: &str, id: &str, name: &str, is_new: bool) {
        let card = format!("card-{id}");
        let photo = STANDARD.encode(picture());
        match dialect {
            "qyzn" => {
                let person =
                    json!({"personId": id, "personCode": id, "name": name, "type": 1, "icNum": card});
                let operation = if is_new { "add_person" } else { "update_person" };
                let answer = self.native(&self.pair.device, operation, person).await;
                assert_eq!(answer["result"], 0, "{answer}");
            }
            "mqtt" => {
                let person = json!({"operateType": if is_new { "0" } else { "1" }, "idNumber": id, "normalNumber": card,
                    "name": name, "validDateStart": "2019_08_09", "validDateEnd": "2099_08_09",
                    "registerPhoto1": photo});
                let message = json!({"personInfoCount": "1", "personInfoData": [person]});
                self.native(&self.second, "registerPersonInfo", message).await;
            }
            "lan" => {
                let person = json!({"id": id, "name": name, "IC_NO": card, "passCount": 10000, "startTs": -1,
                    "endTs": -1, "photo": photo});
                self.lan.done("setPerson", person).await;
            }
            "facegate" => {
                let operator = if is_new { "AddPerson" } else { "EditPerson" };
                let info = json!({"PersonType": 0, "Name": name, "PersonUUID": id, "IdType": 2, "Tempvalid": 0, "AccessId": card,
                    "isCheckSimilarity": 0});
                let body = json!({"operator": operator, "info": info, "picinfo": format!("data:image/jpeg;base64,{photo}")});
                self.facegate.raw(operator, &body).await;
            }
            _ => {
                let user = json!({"userId": id, "userType": 1, "name": name, "icNumber": card, "photo": photo,
                    "jobNumber": "", "mobile": "", "remark": ""});
                let path = if is_new {
                    "/api/user".to_owned()
                } else {
                    format!("/api/user/update/{id}")
                };
                self.openapi.done(&path, user).await;
            }
        }
    }

    /// Whom each dialect says that the terminal holds: id and name.
    pub(crate) async fn told(&self) -> BTreeMap<&'static str, BTreeMap<String, String>> {
        let named = |list: &Value, id: &str, name: &str| -> BTreeMap<String, String> {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let list = list.as_array().cloned().unwrap_or_default();
            list.iter()
                .map(|person| (text(&person[id]), text(&person[name])))
                .collect()
        };
        let page = json!({"BeginNO": 0, "RequestCount": 100, "Picture": 0});
        BTreeMap::from([
            (
                "qyzn",
                named(&self.strays(&self.pair.device).await, "wire_id", "name"),
            ),
            ("mqtt", named(&self.strays(&self.second).await, "wire_id", "name")),
            (
                "lan",
                named(&self.lan.told("listPerson", "").await["person"], "id", "name"),
            ),
            (
                "facegate",
                named(
                    &self.facegate.call("SearchPersonList", page).await["List"],
                    "PersonUUID",
                    "Name",
                ),
            ),
            (
                "openapi",
                named(
                    &self.openapi.told("/api/user/list", "").await["data"],
                    "userId",
                    "name",
                ),
            ),
        ])
    }

    /// Whom the hub finds on one of its devices beside those whom it brought there.
    async fn strays(&self, device: &str) -> Value {
        let api = &self.pair.api;
        let before = self.compared(device).await;
        api.post(&format!("/devices/{device}/roster/verify"), &json!({}))
            .await;
        until("the comparison to end", || async {
            (self.compared(device).await > before).then_some(())
        })
        .await;
        json!(api.all(&format!("/devices/{device}/strays")).await)
    }

    /// How often the hub has compared whom a device holds.
    async fn compared(&self, device: &str) -> usize {
        let audited = self.pair.api.all("/audit").await;
        let is_one = |item: &&Value| item["action"] == "roster.verify" && item["target"]["id"] == device;
        audited.iter().filter(is_one).count()
    }

    /// Waits until each of the five says that exactly these are there.
    pub(crate) async fn all_tell(&self, expected: &BTreeMap<String, String>) {
        until(&format!("all five to tell {expected:?}"), || async {
            let told = self.told().await;
            told.values().all(|people| people == expected).then_some(())
        })
        .await;
    }
}

pub(crate) fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The terminal comes to the hub a second time, by its other dialect.
async fn approved_second(pair: &Pair) -> String {
    let pending = until("the terminal to be pending in its other dialect", || async {
        let device = pair.api.device(wires::MQTT.name).await?;
        device["id"].as_str().map(str::to_owned)
    })
    .await;
    let path = format!("/devices/{pending}");
    pair.api.post(&format!("{path}/approve"), &json!({})).await;
    until("the terminal to be online in its other dialect", || async {
        (pair.api.try_get(&path).await?["status"] == "online").then_some(())
    })
    .await;
    pending
}

/// A face that is enrolled, or any picture where faces are not looked at.
fn picture() -> Vec<u8> {
    if let Some(photos) = photos() {
        return photos[1][0].clone();
    }
    let mut jpeg = Vec::new();
    let gray = image::RgbImage::from_pixel(320, 320, image::Rgb([90, 90, 90]));
    gray.write_with_encoder(image::codecs::jpeg::JpegEncoder::new(&mut jpeg))
        .unwrap();
    jpeg
}
