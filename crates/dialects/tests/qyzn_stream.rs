//! From bytes to frames: however the stream is cut, and whatever is in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use bytes::Bytes;
use dialects::qyzn::decoder::SEARCH_LIMIT;
use dialects::qyzn::frame::{HEADER_BYTES, Header};
use dialects::qyzn::{Decoder, DecoderError, Frame, PacketKind, Version};
use proptest::collection::vec;
use proptest::prelude::*;

fn frame(sequence: u32, body: &str) -> Frame {
    let kind = if body.is_empty() {
        PacketKind::Heartbeat
    } else {
        PacketKind::Request
    };
    Frame {
        header: Header::new(Version::V2, kind, 1_700_000_000, sequence),
        body: Bytes::from(body.to_owned()),
    }
}

/// A frame whose size counts UTF-16 units.
fn counted_in_utf16(frame: &Frame) -> Vec<u8> {
    let mut bytes = frame.encode().to_vec();
    let units = std::str::from_utf8(&frame.body).unwrap().encode_utf16().count();
    bytes[16..20].copy_from_slice(&u32::try_from(units).unwrap().to_le_bytes());
    bytes
}

fn decode(decoder: &mut Decoder, pieces: &[&[u8]]) -> Result<Vec<Frame>, DecoderError> {
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(frame) = decoder.next_frame()? {
            frames.push(frame);
        }
    }
    Ok(frames)
}

fn all(bytes: &[u8]) -> (Vec<Frame>, u64) {
    let mut decoder = Decoder::default();
    let frames = decode(&mut decoder, &[bytes]).unwrap();
    (frames, decoder.resynchronisations())
}

#[test]
fn a_body_counted_in_utf16_units_is_read_to_its_end() {
    let name = frame(
        1,
        r#"{"message":"add_person","data":{"name":"韩梅梅","code":"}\"{"}}"#,
    );
    let next = frame(2, r#"{"message":"open_door","data":{}}"#);
    let short = counted_in_utf16(&name);
    // Alone: nothing follows that would tell, and it is delivered at once.
    assert_eq!(all(&short), (vec![name.clone()], 1));
    // Before another, with blanks between, cut inside a character or not.
    let stream = [&short[..], b"\0\r\n", &next.encode(), &short, &next.encode()].concat();
    assert_eq!(all(&stream), (vec![name.clone(), next.clone(), name, next], 2));
}

#[test]
fn a_body_that_does_not_go_on_is_delivered_as_it_is() {
    let cut = frame(1, r#"{"message":"open_do"#);
    let next = frame(2, "{}");
    let mut decoder = Decoder::default();
    assert_eq!(decode(&mut decoder, &[&cut.encode()]).unwrap(), []);
    assert!(decoder.awaits_rest_of_body());
    assert_eq!(decoder.settle(), Some(cut.clone()));
    assert!(!decoder.awaits_rest_of_body());
    // The next frame tells as well as patience does.
    let stream = [cut.encode(), next.encode()].concat();
    assert_eq!(decode(&mut decoder, &[&stream]).unwrap(), [cut, next]);
    assert_eq!(decoder.resynchronisations(), 2);
}

#[test]
fn garbage_before_a_frame_is_skipped_up_to_a_limit() {
    let good = frame(7, "{}");
    for garbage in [1, 3, 19, 20, 21, 1000, SEARCH_LIMIT] {
        let stream = [vec![b'Q'; garbage], good.encode().to_vec()].concat();
        assert_eq!(
            all(&stream),
            (vec![good.clone()], 1),
            "{garbage} bytes of garbage"
        );
    }
    let mut decoder = Decoder::default();
    let stream = [vec![b'Q'; SEARCH_LIMIT + 1], good.encode().to_vec()].concat();
    assert_eq!(decode(&mut decoder, &[&stream]), Err(DecoderError::Lost));
    assert_eq!(
        decode(&mut decoder, &[&good.encode()]),
        Err(DecoderError::Lost),
        "there is no way back"
    );
    // The magic's letters alone are no frame.
    let stream = [b"xxQYZN-QYZN-QYZNQYZN and so on", &good.encode()[..]].concat();
    assert_eq!(all(&stream), (vec![good], 1));
}

#[test]
fn byte_order_marks_and_blanks_between_frames_are_no_garbage() {
    let (one, two) = (frame(1, "{}"), frame(0, ""));
    let stream = [
        b"\xEF\xBB\xBF",
        &one.encode()[..],
        b"\0\0 \r\n",
        &two.encode()[..],
    ]
    .concat();
    assert_eq!(all(&stream), (vec![one, two], 0));
}

#[test]
fn an_absurd_size_ends_it_before_the_body_comes() {
    let mut header = frame(1, "").encode().to_vec();
    header[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut decoder = Decoder::default();
    let error = decode(&mut decoder, &[&header]).unwrap_err();
    assert_eq!(
        error,
        DecoderError::TooLarge {
            announced: u32::MAX,
            limit: 16 * 1024 * 1024
        }
    );
    assert_eq!(decoder.pending_bytes(), 0);

    let mut decoder = Decoder::new(10);
    assert!(decode(&mut decoder, &[&frame(1, "[123456789]").encode()[..20]]).is_err());
    assert!(decode(&mut Decoder::new(11), &[&frame(1, "[123456789]").encode()]).is_ok());
}

#[test]
fn a_body_without_an_end_ends_it() {
    let open = frame(1, "{\"a\":\"");
    let mut decoder = Decoder::default();
    let endless = [open.encode().to_vec(), vec![b'x'; SEARCH_LIMIT + 6]].concat();
    assert_eq!(decode(&mut decoder, &[&endless]), Err(DecoderError::Endless));
}

#[test]
fn half_a_frame_holds_what_came_and_no_more() {
    let mut decoder = Decoder::default();
    let bytes = frame(1, &format!("{{\"a\":\"{}\"}}", "x".repeat(100_000))).encode();
    assert_eq!(decode(&mut decoder, &[&bytes[..50_000]]).unwrap(), []);
    assert_eq!(decoder.pending_bytes(), 50_000);
    assert_eq!(decode(&mut decoder, &[&bytes[50_000..]]).unwrap().len(), 1);
    assert_eq!(decoder.pending_bytes(), 0);
}

/// Found by fuzzing: the version byte of the next header closed the bracket when it came alone.
#[test]
fn the_next_header_is_not_part_of_a_cut_body_however_it_arrives() {
    let next = Frame {
        header: Header::new(Version(b']'), PacketKind::Request, 0, 9),
        body: Bytes::from_static(b"{}"),
    };
    let stream = [frame(1, "[1,").encode(), next.encode()].concat();
    let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
    let due = [frame(1, "[1,"), next];
    assert_eq!(decode(&mut Decoder::default(), &[&stream]).unwrap(), due);
    assert_eq!(decode(&mut Decoder::default(), &bytewise).unwrap(), due);
}

fn body() -> impl Strategy<Value = String> {
    let text = "[a-z张三\\\\\"{}QYZN]{0,40}";
    prop_oneof![
        Just(String::new()),
        text.prop_map(|name| serde_json::json!({"message": "m", "data": {"name": name}}).to_string()),
        vec(text, 0..4).prop_map(|names| serde_json::json!(names).to_string()),
    ]
}

/// Pieces of a stream: frames well and badly counted, garbage, blanks.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        5 => (any::<u32>(), body()).prop_map(|(sequence, body)| frame(sequence, &body).encode().to_vec()),
        2 => (any::<u32>(), body()).prop_map(|(sequence, body)| counted_in_utf16(&frame(sequence, &body))),
        1 => vec(any::<u8>(), 0..60),
        1 => vec(Just(0u8), 0..4),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn good_frames_come_out_as_they_went_in(bodies in vec((any::<u32>(), body()), 0..8)) {
        let frames: Vec<Frame> = bodies.iter().map(|(sequence, body)| frame(*sequence, body)).collect();
        let stream: Vec<u8> = frames.iter().flat_map(|frame| frame.encode().to_vec()).collect();
        prop_assert_eq!(all(&stream), (frames, 0));
    }

    #[test]
    fn however_a_stream_is_cut_the_frames_are_the_same(stream in stream(), cuts in vec(any::<prop::sample::Index>(), 0..12)) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        places.extend([0, stream.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|ends| &stream[ends[0]..ends[1]]).collect();
        let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
        let whole = decode(&mut Decoder::default(), &[&stream]);
        prop_assert_eq!(&decode(&mut Decoder::default(), &pieces), &whole);
        prop_assert_eq!(&decode(&mut Decoder::default(), &bytewise), &whole);
    }

    #[test]
    fn any_bytes_give_frames_or_a_reason(chunks in vec(vec(any::<u8>(), 0..200), 0..10)) {
        let mut decoder = Decoder::new(4096);
        for chunk in &chunks {
            decoder.push(chunk);
            while let Ok(Some(frame)) = decoder.next_frame() {
                prop_assert!(frame.body.len() <= 4096 + SEARCH_LIMIT);
            }
        }
        let _ = decoder.settle();
        prop_assert!(decoder.pending_bytes() <= 2000 + HEADER_BYTES);
    }
}
