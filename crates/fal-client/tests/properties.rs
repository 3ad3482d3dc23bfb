//! Rules that hold for any text.

use fal_client::{BillableUnits, Endpoint, FalUrl, JobHandle, RequestId};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text_that_is_an_endpoint_stays_on_its_host(text in "[a-z./%?#@:\\\\ \u{e4}-]{0,24}") {
        if let Ok(endpoint) = text.parse::<Endpoint>() {
            let base: FalUrl = "https://queue.fal.run/prefix".parse().unwrap();
            let url = base.join(endpoint.as_str());
            prop_assert!(base.is_same_origin(&url));
            prop_assert_eq!(url.path(), format!("/prefix/{text}"));
            prop_assert!(text.starts_with(endpoint.app()));
        }
    }

    #[test]
    fn endpoints_are_read_back(owner in "[a-z0-9-]{1,12}", alias in "[a-zA-Z0-9._-]{3,12}", path in "(/[a-pA-P0-9-]{1,6}){0,3}") {
        prop_assume!(owner != "workflows" && owner != "comfy");
        prop_assume!(alias.bytes().any(|byte| byte != b'.'));
        let text = format!("{owner}/{alias}{path}");
        let endpoint: Endpoint = text.parse().unwrap();
        prop_assert_eq!(endpoint.app(), format!("{owner}/{alias}"));
        prop_assert_eq!(endpoint.to_string(), text);
    }

    #[test]
    fn any_text_that_is_an_id_is_one_segment(text in "[a-zA-Z0-9._~/%?# -]{0,12}") {
        if let Ok(id) = text.parse::<RequestId>() {
            let base: FalUrl = "https://queue.fal.run".parse().unwrap();
            let url = base.join(&format!("a/b/requests/{id}/status"));
            prop_assert_eq!(url.path(), format!("/a/b/requests/{text}/status"));
        }
    }

    #[test]
    fn handles_travel_through_json(alias in "[a-z]{1,9}", id in "[a-zA-Z0-9-]{1,36}") {
        let job = JobHandle::new(format!("fal-ai/{alias}").parse().unwrap(), id.parse().unwrap());
        let json = serde_json::to_string(&job).unwrap();
        prop_assert_eq!(serde_json::from_str::<JobHandle>(&json).unwrap(), job);
    }

    #[test]
    fn any_text_is_an_origin_or_an_error(text in "(https?://)?[a-z0-9.@:/?#\\[\\]-]{0,20}") {
        if let Ok(url) = text.parse::<FalUrl>() {
            prop_assert!(!url.is_plain_text() || ["127.", "localhost", "[::1]"].iter().any(|host| url.as_url().host_str().unwrap().starts_with(host)));
        }
    }

    #[test]
    fn units_are_read_back(micros in any::<u64>()) {
        let units = BillableUnits::from_micros(micros);
        prop_assert_eq!(BillableUnits::parse(&units.to_string()), Some(units));
    }

    #[test]
    fn any_text_is_units_or_none(text in "[0-9.eE+-]{0,30}") {
        if let Some(units) = BillableUnits::parse(&text) {
            let float: f64 = text.parse().unwrap();
            #[expect(clippy::cast_precision_loss, reason = "the comparison leaves room for it")]
            let micros = units.micros() as f64;
            prop_assert!((micros - float * 1e6).abs() <= 1.0 + micros * 1e-9, "{text} {units}");
        }
    }
}
