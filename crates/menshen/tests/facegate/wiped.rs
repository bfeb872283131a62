//! A terminal that somebody else wiped (3.11.2 by another caller): the hub finds it empty and fills it again.

use crate::caller::Caller;
use crate::kit::{Pair, until};
use serde_json::json;

const PEOPLE: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_wiped_behind_the_hubs_back_is_found_and_filled_again() {
    let mut pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
    pair.people_with_cards(PEOPLE).await;
    let other = Caller::of(&pair).await;
    pair.hub.stop();

    other
        .done("DeleteAllPerson", json!({"DeleteAllPersonCheck": 1}))
        .await;
    until("the terminal to be empty", || async {
        (pair.kiosk.try_state().await?["counts"]["persons"] == 0).then_some(())
    })
    .await;
    assert_ne!(pair.kiosk.card("p0").await["decision"]["result"], "granted");

    pair.hub.restart();
    pair.hub_ready().await;
    until("the terminal to hold them again", || async {
        (pair.kiosk.try_state().await?["counts"]["persons"] == PEOPLE).then_some(())
    })
    .await;
    pair.settled(PEOPLE).await;
    assert_eq!(pair.kiosk.card("p0").await["decision"]["result"], "granted");
}
