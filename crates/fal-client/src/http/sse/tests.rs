//! Streams as they are written, cut at every place.

use proptest::prelude::*;

use super::*;

fn parse_in(chunks: &[&[u8]], most: usize) -> Result<Vec<SseEvent>, TooLarge> {
    let mut parser = SseParser::with_limit(most);
    let mut events = VecDeque::new();
    for chunk in chunks {
        parser.feed(chunk, &mut events)?;
    }
    Ok(events.into())
}

fn parse(text: &[u8]) -> Vec<SseEvent> {
    parse_in(&[text], 1000).unwrap()
}

fn data(texts: &[&str]) -> Vec<SseEvent> {
    let event = |text: &&str| SseEvent {
        name: String::new(),
        data: (*text).to_owned(),
    };
    texts.iter().map(event).collect()
}

#[test]
fn events_are_read_as_the_standard_says() {
    for (text, expected) in [
        (&b"data: a\n\n"[..], data(&["a"])),
        (b"data:a\n\ndata:  b\n\n", data(&["a", " b"])),
        (
            b"data: a\r\n\r\ndata: b\r\rdata: c\n\n",
            data(&["a", "b", "c"]),
        ),
        (b"data: a\ndata:\ndata: b\n\n", data(&["a\n\nb"])),
        (b"data\n\n", data(&[""])),
        (b": keep-alive\n\n: more\n\ndata: a\n\n", data(&["a"])),
        (b"id: 1\nretry: 5\nother: x\ndata: a\n\n", data(&["a"])),
        (b"\xEF\xBB\xBFdata: a\n\n", data(&["a"])),
        (b"\n\n\ndata: a\n\n\n\n", data(&["a"])),
        (b"event: x\n\ndata: a\n\n", data(&["a"])),
        (b"data: a\xFFb\n\n", data(&["a\u{FFFD}b"])),
        (b"data: not over", data(&[])),
        (b"data: not over\n", data(&[])),
        (b"", data(&[])),
    ] {
        assert_eq!(parse(text), expected, "{}", text.escape_ascii());
    }
    let named = parse(b"event: error\ndata: a\n\n").remove(0);
    assert_eq!((named.name.as_str(), named.data.as_str()), ("error", "a"));
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    let text = "\u{FEFF}data: grüße\r\ndata: 🦊\r\n\r\n: x\r\revent: e\rdata: ß\n\n".as_bytes();
    let whole = parse(text);
    assert_eq!(whole.len(), 2);
    for first in 0..text.len() {
        for second in first..text.len() {
            let parts = [&text[..first], &text[first..second], &text[second..]];
            assert_eq!(parse_in(&parts, 1000).unwrap(), whole, "{first} {second}");
        }
    }
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    assert_eq!(parse_in(&bytes, 1000).unwrap(), whole);
}

#[test]
fn neither_a_line_nor_an_event_grows_without_end() {
    assert_eq!(parse_in(&[&[b'x'; 11]], 10), Err(TooLarge));
    assert_eq!(parse_in(&[&[b'x'; 6], &[b'x'; 6]], 10), Err(TooLarge));
    assert_eq!(
        parse_in(&[b"data: 1234\ndata: 5678\ndata: 9\n"], 10),
        Err(TooLarge)
    );
    assert_eq!(
        parse_in(&[b": 34567890\n", b": 34567890\n"], 10),
        Ok(vec![])
    );
    assert_eq!(
        parse_in(&[b"data: 1234\n\ndata: 5678\n\n"], 10)
            .unwrap()
            .len(),
        2
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_stay_in_bounds(chunks in proptest::collection::vec(proptest::collection::vec(
        prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..40), 0..8)) {
        let mut parser = SseParser::with_limit(64);
        let mut events = VecDeque::new();
        for chunk in &chunks {
            let fed = parser.feed(chunk, &mut events);
            prop_assert!(parser.line.len() <= 64 && parser.data.len() <= 64);
            if fed.is_err() {
                break;
            }
        }
    }

    #[test]
    fn what_is_written_is_read(texts in proptest::collection::vec("[^\r\n]{0,20}(\n[^\r\n]{0,20}){0,3}", 0..5)) {
        let event = |text: &String| format!("data: {}\n\n", text.replace('\n', "\ndata: "));
        let written: Vec<String> = texts.iter().map(event).collect();
        let written = written.concat();
        let read: Vec<String> = parse(written.as_bytes()).into_iter().map(|event| event.data).collect();
        prop_assert_eq!(read, texts);
    }
}
