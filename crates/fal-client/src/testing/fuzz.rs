//! Every reader of bytes from outside, callable with any bytes: the places for a fuzzer to start.
//!
//! Each takes bytes and gives back nothing. What must hold is asserted within, so a fuzzer need only call.

#![expect(
    clippy::missing_panics_doc,
    reason = "a broken rule is a panic, which is what a fuzzer looks for"
)]

use crate::{Endpoint, RequestId};

/// An endpoint that is read shows itself as it was, is no URL, and its app begins it.
pub fn endpoint(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(endpoint) = text.parse::<Endpoint>() {
        assert_eq!(endpoint.as_str(), text);
        assert!(text.starts_with(endpoint.app()) && !text.contains(':'));
    }
    if let Ok(id) = text.parse::<RequestId>() {
        assert!(!id.as_str().contains('/') && id.as_str() != "..");
    }
}

/// A key, an origin, a webhook's address, a job and a hash are read or refused.
pub fn texts(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(text.parse::<crate::FalUrl>());
        drop(text.parse::<crate::WebhookUrl>());
        drop(text.parse::<crate::JobHandle>());
        let _ = text.parse::<crate::InputHash>();
        let _ = crate::BillableUnits::parse(text);
    }
}

/// The hash of an input does not depend on how it was written.
pub fn input_hash(bytes: &[u8]) {
    use crate::InputHash;
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return;
    };
    let again = serde_json::from_str(&value.to_string());
    assert!(again.is_ok_and(|again| InputHash::of(&again) == InputHash::of(&value)));
}

/// The answers of the queue: of a submit, a status, a cancel, a result, a direct run; their heads and errors.
#[cfg(feature = "http")]
pub fn answers(bytes: &[u8]) {
    use crate::wire::{Status, Submitted};
    if let Ok(submitted) = serde_json::from_slice::<Submitted>(bytes) {
        drop(RequestId::try_from(submitted.request_id));
    }
    if let Some(status) = Status::read(bytes) {
        drop(status.into_job_status());
    }
    crate::http::fuzz::answer(bytes);
}

/// The answers of the platform and of uploads.
#[cfg(feature = "http")]
pub fn platform(bytes: &[u8]) {
    crate::http::fuzz::platform(bytes);
}

/// An event stream in pieces: where it is cut changes nothing.
#[cfg(feature = "http")]
pub fn sse(bytes: &[u8]) {
    crate::http::fuzz::sse(bytes);
}

/// A delivery: its headers, its body, and the check against a key that did not sign it.
#[cfg(feature = "webhook")]
pub fn webhook(bytes: &[u8]) {
    use crate::webhook::{Delivery, KeySet, Verification, WebhookHeaders, verify};
    drop(Delivery::parse(bytes));
    drop(KeySet::parse(bytes));
    let mut parts = bytes.splitn(5, |byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let texts = [next(), next(), next(), next()].map(String::from_utf8_lossy);
    let body = next();
    let of = |name: &str| {
        let names = [
            WebhookHeaders::REQUEST_ID,
            WebhookHeaders::USER_ID,
            WebhookHeaders::TIMESTAMP,
            WebhookHeaders::SIGNATURE,
        ];
        let index = names.iter().position(|known| *known == name)?;
        Some(&*texts[index])
    };
    // The key of RFC 8032, test 1, which nobody here signs with.
    let set = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    if let (Ok(headers), Ok(keys)) = (WebhookHeaders::read(of), KeySet::parse(set)) {
        let against = Verification {
            keys: &keys,
            now: chrono::DateTime::UNIX_EPOCH,
            user_id: None,
        };
        assert!(verify(&headers, body, against).is_err(), "nobody signed it");
    }
}

/// A script of faults is the same when it is written and read again.
#[cfg(feature = "simulator")]
pub fn script(bytes: &[u8]) {
    crate::simulator::fuzz::script(bytes);
}

/// What a client may send the simulator: a path or an address, headers one a line, an empty line, and an input.
#[cfg(feature = "simulator")]
pub fn request(bytes: &[u8]) {
    crate::simulator::fuzz::request(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A target: its folder below `fuzz/seeds`, and what takes its inputs.
    #[cfg(all(feature = "http", feature = "simulator", feature = "webhook"))]
    type Target = (&'static str, fn(&[u8]));

    #[cfg(all(feature = "http", feature = "simulator", feature = "webhook"))]
    #[test]
    fn every_seed_is_taken() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
        let targets: [Target; 9] = [
            ("fal_endpoint", endpoint),
            ("fal_texts", texts),
            ("fal_input_hash", input_hash),
            ("fal_answers", answers),
            ("fal_platform", platform),
            ("fal_sse", sse),
            ("fal_webhook", webhook),
            ("fal_script", script),
            ("fal_simulator", request),
        ];
        for (target, take) in targets {
            let seeds: Vec<_> = std::fs::read_dir(folder.join(target)).unwrap().collect();
            assert!(seeds.len() > 1, "{target}");
            for seed in seeds {
                take(&std::fs::read(seed.unwrap().path()).unwrap());
            }
        }
        let read = |name: &str| std::fs::read_to_string(folder.join("fal_script").join(name));
        for name in ["documentation", "every_fault", "spans"] {
            let rules = crate::simulator::script_from_json(&read(name).unwrap());
            assert!(rules.unwrap().len() > 3, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            endpoint(&bytes);
            texts(&bytes);
            input_hash(&bytes);
            #[cfg(feature = "http")]
            {
                answers(&bytes);
                platform(&bytes);
                sse(&bytes);
            }
            #[cfg(feature = "webhook")]
            webhook(&bytes);
            #[cfg(feature = "simulator")]
            {
                script(&bytes);
                request(&bytes);
            }
        }

        #[test]
        fn any_text_is_read(text in "[a-z0-9{}\\[\\]\":,/.: \n\r]{0,80}") {
            endpoint(text.as_bytes());
            texts(text.as_bytes());
            input_hash(text.as_bytes());
            #[cfg(feature = "http")]
            {
                answers(text.as_bytes());
                sse(text.as_bytes());
            }
            #[cfg(feature = "simulator")]
            {
                script(text.as_bytes());
                request(text.as_bytes());
            }
        }
    }
}
