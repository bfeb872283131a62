//! Both ends of a connection against each other and against the clock, in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use bytes::Bytes;
use dialects::qyzn::code::Code;
use dialects::qyzn::exchange::{CloseReason, RequestError, Ticket};
use dialects::qyzn::operation::{answer_of, success};
use dialects::qyzn::{
    AddPersonFace, Connection, Decoder, DeviceUpgrade, Event, Exchange, Frame, Header, Moment, OpenDoor,
    Operation, PacketKind, RequestBody, ResponseBody, Role, Settings, SyncTime, Version,
};
use std::time::Duration;

fn at(seconds: u64) -> Moment {
    Moment {
        elapsed: Duration::from_secs(seconds),
        unix_seconds: 1_700_000_000 + u32::try_from(seconds).unwrap(),
    }
}

fn device() -> Exchange {
    Exchange::new(Settings::new(Role::Device), 100, at(0))
}

fn platform() -> Exchange {
    Exchange::new(Settings::new(Role::Platform), 900, at(0))
}

fn frames(exchange: &mut Exchange) -> Vec<Frame> {
    let mut decoder = Decoder::default();
    std::iter::from_fn(|| exchange.take_output())
        .map(|bytes| {
            decoder.push(&bytes);
            decoder.next_frame().unwrap().unwrap()
        })
        .collect()
}

fn events(exchange: &mut Exchange) -> Vec<Event> {
    std::iter::from_fn(|| exchange.next_event()).collect()
}

fn deliver(from: &mut Exchange, to: &mut Exchange, now: Moment) {
    for frame in frames(from) {
        to.receive(frame, now);
    }
}

fn asked(event: &Event) -> (Ticket, RequestBody) {
    match event {
        Event::Request { ticket, body, .. } => (ticket.clone(), body.clone()),
        other => panic!("not a request: {other:?}"),
    }
}

fn request(sequence: u32, body: &str) -> Frame {
    let header = Header::new(Version::V3, PacketKind::Request, 0, sequence);
    Frame {
        header,
        body: Bytes::from(body.to_owned()),
    }
}

#[test]
fn a_request_gets_its_answer_under_its_number_and_version() {
    let (mut hub, mut terminal) = (platform(), device());
    let sequence = hub.request(&OpenDoor {}, at(1)).unwrap();
    assert_eq!(sequence, 900);
    deliver(&mut hub, &mut terminal, at(1));
    let (ticket, body) = asked(&events(&mut terminal)[0]);
    assert_eq!(body.message, "open_door");
    terminal.answer(&ticket, &success::<OpenDoor>(&Default::default()), at(2));
    let answer = frames(&mut terminal).remove(0);
    assert_eq!(
        (answer.header.kind, answer.header.sequence),
        (PacketKind::Response, 900)
    );
    assert_eq!(answer.header.version, OpenDoor::SINCE);
    hub.receive(answer.clone(), at(2));
    let Event::Answer {
        sequence,
        message,
        body,
    } = events(&mut hub).remove(0)
    else {
        panic!()
    };
    assert_eq!((sequence, message.as_str()), (900, "open_door"));
    assert!(answer_of::<OpenDoor>(&body).is_ok());
    assert_eq!(hub.outstanding(), 0);
    // The same answer once more belongs to nothing.
    hub.receive(answer, at(3));
    assert_eq!(events(&mut hub), [Event::UnknownAnswer { sequence: 900 }]);
}

#[test]
fn both_sides_count_for_themselves_and_answers_come_in_any_order() {
    let (mut hub, mut terminal) = (platform(), device());
    let sync = SyncTime {
        timestamp: "20190531145826123".into(),
    };
    let numbers: Vec<u32> = (0..3).map(|_| terminal.request(&sync, at(0)).unwrap()).collect();
    assert_eq!(numbers, [100, 101, 102]);
    hub.request(&OpenDoor {}, at(0)).unwrap();
    deliver(&mut terminal, &mut hub, at(0));
    deliver(&mut hub, &mut terminal, at(0));
    for event in events(&mut hub).iter().rev() {
        hub.answer(&asked(event).0, &success::<SyncTime>(&sync), at(1));
    }
    deliver(&mut hub, &mut terminal, at(1));
    let answered: Vec<u32> = events(&mut terminal)
        .into_iter()
        .filter_map(|event| {
            if let Event::Answer { sequence, .. } = event {
                Some(sequence)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(answered, [102, 101, 100]);
}

#[test]
fn sequence_numbers_never_are_zero() {
    let mut hub = Exchange::new(Settings::new(Role::Platform), u32::MAX, at(0));
    let numbers: Vec<u32> = (0..2)
        .map(|_| hub.request(&OpenDoor {}, at(0)).unwrap())
        .collect();
    assert_eq!(numbers, [u32::MAX, 1]);
}

#[test]
fn without_an_answer_the_same_bytes_go_out_three_times_more_then_it_is_over() {
    let mut terminal = device();
    terminal.request(&SyncTime::default(), at(0)).unwrap();
    let first = terminal.take_output().unwrap();
    for second in 1..200 {
        terminal.tick(at(second));
        let beats_apart: Vec<Bytes> = std::iter::from_fn(|| terminal.take_output())
            .filter(|bytes| bytes.len() > 20)
            .collect();
        let over = second == 80;
        match second {
            20 | 40 | 60 => assert!(beats_apart == *std::slice::from_ref(&first), "second {second}"),
            _ => assert!(beats_apart.is_empty(), "second {second}"),
        }
        let happened = events(&mut terminal);
        assert_eq!(happened.len(), if over { 2 } else { 0 }, "second {second}");
        if over {
            assert_eq!(
                happened[0],
                Event::GaveUp {
                    sequence: 100,
                    message: "sync_time".into()
                }
            );
            assert_eq!(
                happened[1],
                Event::Close(CloseReason::NoAnswer {
                    message: "sync_time".into()
                })
            );
        }
    }
    assert_eq!(
        terminal.request(&SyncTime::default(), at(200)),
        Err(RequestError::Closing)
    );
}

#[test]
fn a_program_may_take_its_time_to_be_fetched() {
    let mut hub = platform();
    let upgrade = DeviceUpgrade {
        url: "http://10.0.0.1/file.bin".into(),
        version: "V2".into(),
        check: "0".repeat(32),
    };
    let sequence = hub.request(&upgrade, at(0)).unwrap();
    let mut sent = Vec::new();
    for second in 0..700 {
        // The device beats meanwhile.
        hub.note_bytes(at(second));
        hub.tick(at(second));
        sent.extend(std::iter::from_fn(|| hub.take_output()).map(|_| second));
        let given_up = events(&mut hub)
            .iter()
            .any(|event| matches!(event, Event::GaveUp { sequence: this, .. } if *this == sequence));
        assert_eq!(given_up, second == 660, "second {second}");
    }
    assert_eq!(sent, [0, 20, 40, 60]);
}

#[test]
fn an_answer_after_a_resend_is_an_answer() {
    let mut hub = platform();
    hub.request(&OpenDoor {}, at(0)).unwrap();
    hub.tick(at(20));
    let resent = frames(&mut hub);
    assert_eq!(
        (resent.len(), resent[0].header.sequence),
        (2, resent[1].header.sequence)
    );
    let mut terminal = device();
    terminal.receive(resent[0].clone(), at(20));
    terminal.receive(resent[1].clone(), at(20));
    let happened = events(&mut terminal);
    // A door is not opened twice.
    assert_eq!(
        happened[1..],
        [Event::Repeated {
            sequence: 900,
            answered: false
        }]
    );
    terminal.answer(
        &asked(&happened[0]).0,
        &ResponseBody::of_code(Code::Success),
        at(21),
    );
    deliver(&mut terminal, &mut hub, at(21));
    assert!(matches!(
        events(&mut hub)[..],
        [Event::Answer { sequence: 900, .. }]
    ));
    // And the stored answer goes out again for the next repetition.
    terminal.receive(resent[1].clone(), at(40));
    assert_eq!(
        events(&mut terminal),
        [Event::Repeated {
            sequence: 900,
            answered: true
        }]
    );
    deliver(&mut terminal, &mut hub, at(40));
    assert_eq!(events(&mut hub), [Event::UnknownAnswer { sequence: 900 }]);
}

#[test]
fn a_device_that_never_counts_on_is_still_heard() {
    let mut hub = platform();
    for second in 0..3 {
        hub.receive(
            request(
                0,
                &format!("{{\"message\":\"snapshot_face\",\"data\":{{\"score\":{second}}}}}"),
            ),
            at(second),
        );
        let (ticket, _) = asked(&events(&mut hub)[0]);
        hub.answer(&ticket, &ResponseBody::of_code(Code::Success), at(second));
    }
    assert_eq!(frames(&mut hub).len(), 3);
}

#[test]
fn stored_answers_are_bounded_in_number_bytes_and_time() {
    let mut settings = Settings::new(Role::Device);
    settings.kept_answers = 2;
    settings.kept_answer_bytes = 10_000;
    let mut terminal = Exchange::new(settings, 1, at(0));
    let body = |n: u32| format!("{{\"message\":\"m{n}\"}}");
    let mut ask = |n: u32, bytes: usize, now: Moment| {
        terminal.receive(request(n, &body(n)), now);
        let event = events(&mut terminal).remove(0);
        if let Event::Request { ticket, .. } = &event {
            let answer = ResponseBody::success(serde_json::json!({"image": "x".repeat(bytes)}));
            terminal.answer(ticket, &answer, now);
        }
        terminal.tick(now);
        matches!(event, Event::Repeated { answered: true, .. })
    };
    assert!(!ask(1, 10, at(0)));
    assert!(ask(1, 10, at(0)));
    assert!(!ask(2, 10, at(0)));
    assert!(!ask(3, 10, at(0)));
    assert!(!ask(1, 10, at(0)), "two newer answers are kept");
    // One large answer is kept alone.
    assert!(!ask(4, 50_000, at(0)));
    assert!(ask(4, 0, at(60)));
    assert!(!ask(1, 10, at(60)));
    // Two minutes later nothing is.
    assert!(!ask(5, 10, at(181)));
    assert!(!ask(1, 10, at(182)));
}

#[test]
fn too_many_requests_at_a_time_are_busy_and_may_come_again() {
    let mut settings = Settings::new(Role::Platform);
    settings.running = 1;
    let mut hub = Exchange::new(settings, 1, at(0));
    hub.receive(request(1, r#"{"message":"a"}"#), at(0));
    hub.receive(request(2, r#"{"message":"b"}"#), at(0));
    let happened = events(&mut hub);
    assert_eq!(happened[1..], [Event::Overrun { message: "b".into() }]);
    let busy = ResponseBody::parse(&frames(&mut hub)[0].body).unwrap();
    assert_eq!(
        (busy.result, busy.data["waitSeconds"].as_u64()),
        (Code::Busy, Some(3))
    );
    hub.answer(
        &asked(&happened[0]).0,
        &ResponseBody::of_code(Code::Success),
        at(1),
    );
    hub.receive(request(2, r#"{"message":"b"}"#), at(1));
    assert_eq!(asked(&events(&mut hub)[0]).1.message, "b");
}

#[test]
fn own_requests_are_bounded() {
    let mut settings = Settings::new(Role::Platform);
    settings.outstanding = 2;
    let mut hub = Exchange::new(settings, 1, at(0));
    assert!(hub.request(&OpenDoor {}, at(0)).is_ok() && hub.request(&OpenDoor {}, at(0)).is_ok());
    assert_eq!(hub.request(&OpenDoor {}, at(0)), Err(RequestError::Busy(2)));
}

#[test]
fn malformed_requests_are_refused_with_104_and_other_rubbish_is_told() {
    let mut terminal = device();
    let deep = format!(
        "{{\"message\":\"a\",\"data\":{}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for body in ["", "{", "[]", "{\"data\":1}", "\u{7}", &deep] {
        terminal.receive(request(5, body), at(0));
        assert!(
            matches!(events(&mut terminal)[..], [Event::Malformed { sequence: 5, .. }]),
            "{body:.20}"
        );
        let answer = frames(&mut terminal).remove(0);
        assert_eq!(
            ResponseBody::parse(&answer.body).unwrap().result,
            Code::InvalidParameter
        );
    }
    for kind in [
        PacketKind::Notification,
        PacketKind::Response,
        PacketKind::Other(9),
    ] {
        let header = Header::new(Version::V2, kind, 0, 1);
        terminal.receive(
            Frame {
                header,
                body: Bytes::from_static(b"{]"),
            },
            at(0),
        );
        assert_eq!(terminal.take_output(), None, "only requests are answered");
    }
    assert_eq!(events(&mut terminal).len(), 3);
}

#[test]
fn a_notification_wants_no_answer() {
    let (mut hub, mut terminal) = (platform(), device());
    let body = RequestBody {
        message: "note".into(),
        data: serde_json::json!({"a": 1}),
    };
    hub.notify(&body, Version::V2, at(0));
    deliver(&mut hub, &mut terminal, at(0));
    assert_eq!(events(&mut terminal), [Event::Notification(body)]);
    assert_eq!((terminal.take_output(), hub.outstanding()), (None, 0));
}

#[test]
fn a_device_beats_every_25_seconds_and_a_platform_answers() {
    let (mut hub, mut terminal) = (platform(), device());
    assert_eq!(terminal.next_tick(), Duration::from_secs(25));
    terminal.tick(at(24));
    assert_eq!(terminal.take_output(), None);
    terminal.tick(at(25));
    let beat = frames(&mut terminal).remove(0);
    assert_eq!(
        (beat.header.kind, beat.header.sequence, beat.body.len()),
        (PacketKind::Heartbeat, 0, 0)
    );
    assert_eq!(terminal.next_tick(), Duration::from_secs(50));
    hub.receive(beat, at(25));
    assert_eq!(events(&mut hub), [Event::Heartbeat]);
    let reply = frames(&mut hub).remove(0);
    assert_eq!(
        (reply.header.kind, reply.header.sequence, reply.body.len()),
        (PacketKind::Heartbeat, 0, 0)
    );
    // The device answers neither that nor an empty response: beats would go round for ever.
    terminal.receive(reply, at(25));
    let header = Header::new(Version::V2, PacketKind::Response, 0, 0);
    terminal.receive(
        Frame {
            header,
            body: Bytes::new(),
        },
        at(25),
    );
    assert_eq!(events(&mut terminal), [Event::Heartbeat, Event::Heartbeat]);
    assert_eq!(terminal.take_output(), None);
}

#[test]
fn a_platform_drops_a_device_that_is_silent_for_75_seconds() {
    let mut hub = platform();
    hub.receive(request(1, r#"{"message":"a"}"#), at(10));
    events(&mut hub);
    hub.tick(at(84));
    assert_eq!(events(&mut hub), []);
    assert_eq!(hub.next_tick(), Duration::from_secs(85));
    hub.tick(at(85));
    hub.tick(at(99));
    assert_eq!(events(&mut hub), [Event::Close(CloseReason::Silent)]);
}

#[test]
fn a_device_drops_a_platform_that_beat_back_and_fell_silent() {
    let beat = || Frame {
        header: Header::new(Version::V2, PacketKind::Heartbeat, 0, 0),
        body: Bytes::new(),
    };
    // One that never answers a heartbeat may be silent.
    let mut patient = device();
    for second in (25..=250).step_by(25) {
        patient.tick(at(second));
    }
    assert_eq!(events(&mut patient), []);

    let mut device = device();
    device.tick(at(25));
    device.receive(beat(), at(26));
    assert_eq!(events(&mut device), [Event::Heartbeat]);
    for second in [50, 75, 100] {
        device.tick(at(second));
    }
    assert_eq!(events(&mut device), []);
    assert_eq!(device.next_tick(), Duration::from_secs(101));
    device.tick(at(101));
    assert_eq!(events(&mut device), [Event::Close(CloseReason::Silent)]);
}

#[test]
fn what_a_peer_does_not_speak_is_not_sent() {
    let mut hub = platform();
    let person: AddPersonFace = AddPersonFace::read(&serde_json::json!({
        "personId": "1", "personCode": "1", "name": "n", "type": 1
    }))
    .unwrap();
    // What a device itself sends tells only that: its own requests all need version 2.
    hub.receive(
        Frame {
            header: Header::new(Version::V2, PacketKind::Heartbeat, 0, 0),
            body: Bytes::new(),
        },
        at(0),
    );
    assert_eq!(hub.highest_version(), Some(Version::V2));
    hub.request(&person, at(0)).unwrap();
    hub.set_peer_limit(Some(Version::V2));
    let error = hub.request(&person, at(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "add_person_face needs protocol version 3, the peer speaks 2"
    );
    let sent = frames(&mut hub);
    assert_eq!(sent.last().unwrap().header.version, Version::V3);
}

#[test]
fn a_connection_settles_cut_bodies_and_ends_half_frames() {
    let mut hub = Connection::new(Settings::new(Role::Platform), 1, at(0));
    let cut = request(4, r#"{"message":"open"#).encode();
    hub.push(&cut, at(10));
    assert_eq!(hub.next_tick(), Duration::from_secs(11));
    hub.tick(at(11));
    assert!(matches!(
        hub.exchange().next_event(),
        Some(Event::Malformed { sequence: 4, .. })
    ));
    assert_eq!(hub.resynchronisations(), 1);

    // A byte every ten seconds is a sign of life, but not for ever.
    let endless = request(5, &format!("{{\"message\":\"{}\"}}", "x".repeat(1000))).encode();
    let mut ended = None;
    for (second, byte) in (20..400).step_by(10).zip(endless.iter()) {
        hub.push(&[*byte], at(second));
        hub.tick(at(second));
        if let Some(event) = hub.exchange().next_event() {
            ended = Some((second, event));
            break;
        }
    }
    assert_eq!(ended, Some((140, Event::Close(CloseReason::HalfFrame))));
}

#[test]
fn a_connection_closes_on_what_is_no_frame() {
    let mut hub = Connection::new(Settings::new(Role::Platform), 1, at(0));
    hub.push(&vec![b'x'; 70_000], at(0));
    let Some(Event::Close(CloseReason::Stream(error))) = hub.exchange().next_event() else {
        panic!()
    };
    assert_eq!(error.to_string(), "no frame begins within 65536 bytes");
}
