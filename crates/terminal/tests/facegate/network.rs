//! Where the terminal listens (3.4).

use crate::Caller;
use crate::support::{Door, facegate_config, folder};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn caller_at(address: SocketAddr) -> Caller {
    Caller {
        base: format!("http://{address}"),
        user: "admin".to_owned(),
        password: "admin".to_owned(),
        http: reqwest::Client::new(),
    }
}

/// A change that is not answered: the connection ends with the restart.
async fn moved(door: &Door, caller: &Caller, change: Value) {
    let started = door.state().await["started_at"].clone();
    let body = json!({"operator": "SetNetParam", "info": change}).to_string();
    let silent = caller.request("SetNetParam", body).send().await;
    assert!(silent.is_err());
    door.state_where(|state| state["started_at"] != started).await;
}

#[tokio::test]
async fn a_terminal_that_is_told_another_port_listens_there_from_then_on() {
    let (_folder, path) = folder();
    let config = facegate_config(&path);
    let door = Door::start(config.clone()).await;
    let first = door.running.listeners().facegate.unwrap();
    let new = free_address();
    moved(
        &door,
        &caller_at(first),
        json!({"WebPort": new.port(), "ListenPort": 5000}),
    )
    .await;
    let told = caller_at(new).told("GetNetParam", json!({})).await;
    assert_eq!(
        (&told["WebPort"], &told["ListenPort"]),
        (&json!(new.port()), &json!(5000))
    );
    assert!(
        std::net::TcpStream::connect(first).is_err(),
        "nobody is where it was"
    );
    caller_at(new)
        .done("RebootDevice", json!({"IsRebootDevice": 0}))
        .await;
    door.running.stop().await;
    let door = Door::start(config).await;
    assert_eq!(door.running.listeners().facegate, Some(new));
    caller_at(new).told("GetNetParam", json!({})).await;
}

#[tokio::test]
async fn the_address_among_the_common_parameters_is_the_networks() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let first = door.running.listeners().facegate.unwrap();
    assert_eq!(
        caller.told("GetGeneralParam", json!({})).await["IPAddr"],
        "127.0.0.1"
    );
    let refused = caller
        .call("SetGeneralParam", json!({"IPAddr": "192.0.2.1"}))
        .await;
    assert_eq!(refused["info"]["Result"], "Fail", "{refused}");
    let started = door.state().await["started_at"].clone();
    let elsewhere = json!({"IPAddr": "127.0.0.2", "Gateway": "127.0.0.9"});
    caller.done("SetGeneralParam", elsewhere).await;
    door.state_where(|state| state["started_at"] != started).await;
    let caller = caller_at(SocketAddr::new("127.0.0.2".parse().unwrap(), first.port()));
    for operator in ["GetNetParam", "GetGeneralParam"] {
        let told = caller.told(operator, json!({})).await;
        assert_eq!(
            (&told["IPAddr"], &told["Gateway"]),
            (&json!("127.0.0.2"), &json!("127.0.0.9")),
            "{operator}"
        );
    }
}

#[tokio::test]
async fn a_place_where_it_cannot_listen_is_refused_and_changes_nothing() {
    let (_folder, path) = folder();
    let config = facegate_config(&path);
    let door = Door::start(config.clone()).await;
    let caller = Caller::of(&door);
    let before = caller.told("GetNetParam", json!({})).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for change in [
        json!({"WebPort": port, "Gateway": "10.0.0.1"}),
        json!({"IPAddr": "192.0.2.1"}),
        json!({"IPAddr": "here"}),
    ] {
        let answer = caller.call("SetNetParam", change).await;
        assert_eq!(answer["info"]["Result"], "Fail", "{answer}");
    }
    assert_eq!(caller.told("GetNetParam", json!({})).await, before);
    // What is free no more when the terminal is started is not waited for.
    drop(taken);
    moved(&door, &caller, json!({"WebPort": port})).await;
    door.running.stop().await;
    let _taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let door = Door::start(config).await;
    Caller::of(&door).told("GetNetParam", json!({})).await;
}
