//! Row R25: how many webhooks are verified in a second of one core.

use chrono::{DateTime, Utc};
use fal_client::webhook::{KeySet, Verification, WebhookHeaders, verify};

use super::usage::CpuTime;
use crate::shared::{Contestant, Outcome, Report, interleaved, print_table};

const ROUNDS: usize = 7;
const DELIVERIES: u32 = 5_000;

/// The aim of the row, for a set of one key.
const AT_LEAST_A_SECOND: f64 = 10_000.0;

/// A delivery of two pictures, signed with the key of RFC 8032, section 7.1, test 1.
const BODY: &[u8] = br#"{"request_id":"484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10","gateway_request_id":"484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10","status":"OK","payload":{"images":[{"url":"https://v3b.fal.media/files/b/0a8f5c11/kQ2mW8nq_output.png","content_type":"image/png","file_name":"output.png","file_size":1572864,"width":1024,"height":1024},{"url":"https://v3b.fal.media/files/b/0a8f5c12/pL7xT3vd_output.png","content_type":"image/png","file_name":"output.png","file_size":1480231,"width":1024,"height":1024}],"description":""}}"#;
const HEADERS: [(&str, &str); 4] = [
    (
        WebhookHeaders::REQUEST_ID,
        "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10",
    ),
    (WebhookHeaders::USER_ID, "user_123"),
    (WebhookHeaders::TIMESTAMP, "1795168800"),
    (
        WebhookHeaders::SIGNATURE,
        "14e19d2e09a17e479a5cd8b6cdb4934b27f78648788816b9c080a7f6a0b20c23c63f1e28eed8bdf3db8b341dac9f0e8331b47e025e74cb9c903e4e291aeb8601",
    ),
];
const KEYS: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}]}"#;

/// Measures the check and notes the aim.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let name = "ours, one key";
    let contestant = Contestant::new(name, || Box::pin(async { a_second(DELIVERIES) }));
    let figures = interleaved(ROUNDS, &[contestant]).await?;
    let head = ["", "deliveries a second of CPU", "±"].map(str::to_owned);
    let row = [
        name.to_owned(),
        format!("{:.0}", figures.median(name)),
        format!("{:.0} %", figures.spread(name) * 50.0),
    ];
    print_table(
        "R25: a webhook of 503 bytes verified, one core",
        [head.to_vec(), row.to_vec()],
    );
    report.at_least(
        "R25 deliveries a second",
        figures.median(name),
        AT_LEAST_A_SECOND,
    );
    Ok(())
}

/// Returns how many deliveries are verified in a second of CPU, by the time that so many take on this thread.
fn a_second(deliveries: u32) -> Outcome<f64> {
    let keys = KeySet::parse(KEYS)?;
    let of = |name: &str| HEADERS.iter().find(|(known, _)| *known == name);
    let headers = WebhookHeaders::read(|name| of(name).map(|(_, text)| *text))?;
    let against = Verification {
        keys: &keys,
        now: DateTime::<Utc>::from_timestamp(1_795_168_800, 0).ok_or("no such time")?,
        user_id: Some("user_123"),
    };
    let before = CpuTime::of(std::process::id())?;
    for _ in 0..deliveries {
        verify(&headers, std::hint::black_box(BODY), against)?;
    }
    let used = CpuTime::of(std::process::id())?.seconds_since(&before)?;
    Ok(f64::from(deliveries) / used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delivery_is_signed() {
        assert!(a_second(1).unwrap() > 0.0);
    }
}
