//! The forty-nine requests, each with what is to be answered.

use super::*;

pub(super) fn with_range(range: &'static str) -> RequestConditions<'static> {
    RequestConditions {
        range: Some(range),
        ..get()
    }
}

fn with_if_range(version: &'static str) -> RequestConditions<'static> {
    RequestConditions {
        if_range: Some(version),
        ..with_range("bytes=0-99")
    }
}

pub(super) fn with_tags(tags: &'static str) -> RequestConditions<'static> {
    RequestConditions {
        if_none_match: Some(tags),
        ..get()
    }
}

pub(super) fn with_since(date: &'static str) -> RequestConditions<'static> {
    RequestConditions {
        if_modified_since: Some(date),
        ..get()
    }
}

pub(super) fn head(request: RequestConditions<'static>) -> RequestConditions<'static> {
    RequestConditions {
        method: ServeMethod::Head,
        ..request
    }
}

const FIRST_HUNDRED: ((u64, u64), (&str, &str)) = ((0, 100), ("100", "bytes 0-99/1000"));

/// §14: which bytes.
pub(super) fn range_cases() -> Vec<Case> {
    let (first, place) = FIRST_HUNDRED;
    vec![
        whole("nothing is asked", get()),
        part("a range", with_range("bytes=0-99"), first, place),
        part("unit in capitals", with_range("Bytes=0-99"), first, place),
        part(
            "one byte",
            with_range("bytes=999-999"),
            (999, 1000),
            ("1", "bytes 999-999/1000"),
        ),
        part(
            "an open range",
            with_range("bytes=900-"),
            (900, 1000),
            ("100", "bytes 900-999/1000"),
        ),
        part(
            "the last bytes",
            with_range("bytes=-10"),
            (990, 1000),
            ("10", "bytes 990-999/1000"),
        ),
        part(
            "more last bytes than there are",
            with_range("bytes=-5000"),
            (0, 1000),
            ("1000", "bytes 0-999/1000"),
        ),
        part(
            "an end past the end",
            with_range("bytes=500-99999"),
            (500, 1000),
            ("500", "bytes 500-999/1000"),
        ),
        part(
            "one of two can be met",
            with_range("bytes=5000-, 0-99"),
            first,
            place,
        ),
        bodiless("a start past the end", with_range("bytes=1000-"), 416),
        bodiless("no last bytes", with_range("bytes=-0"), 416),
        whole("two parts", with_range("bytes=0-1,5-6")),
        whole("last before first", with_range("bytes=9-5")),
        whole("another unit", with_range("pages=1-2")),
        whole("no range at all", with_range("bytes=abc")),
        bodiless("a head with a range", head(with_range("bytes=0-99")), 200),
        bodiless(
            "a head with an impossible range",
            head(with_range("bytes=5000-")),
            200,
        ),
    ]
}

/// §13.1.5: a range of the version that the client has.
pub(super) fn if_range_cases() -> Vec<Case> {
    let (first, place) = FIRST_HUNDRED;
    let alone = RequestConditions {
        range: None,
        ..with_if_range("\"v1\"")
    };
    let impossible = RequestConditions {
        range: Some("bytes=5000-"),
        ..with_if_range("\"v0\"")
    };
    vec![
        part("the same tag", with_if_range("\"v1\""), first, place),
        whole("another tag", with_if_range("\"v0\"")),
        whole("a weak tag", with_if_range("W/\"v1\"")),
        whole("two tags", with_if_range("\"v1\", \"v1\"")),
        part("the same date", with_if_range(MODIFIED), first, place),
        whole("an earlier date", with_if_range(EARLIER)),
        whole("a later date", with_if_range(LATER)),
        whole("neither tag nor date", with_if_range("v1")),
        whole("a version without a range", alone),
        whole("an impossible range of another version", impossible),
    ]
}

/// §13.1.1 to §13.1.4, and their order in §13.2.2.
pub(super) fn condition_cases() -> Vec<Case> {
    let both = RequestConditions {
        if_modified_since: Some(LATER),
        ..with_tags("\"v0\"")
    };
    let known_and_impossible = RequestConditions {
        range: Some("bytes=5000-"),
        ..with_tags("\"v1\"")
    };
    let must = |tags| RequestConditions {
        if_match: Some(tags),
        ..get()
    };
    let not_since = |date| RequestConditions {
        if_unmodified_since: Some(date),
        ..get()
    };
    let tag_outweighs_date = RequestConditions {
        if_unmodified_since: Some(EARLIER),
        ..must("\"v1\"")
    };
    let wanted_before_known = RequestConditions {
        if_match: Some("\"v0\""),
        ..with_tags("\"v1\"")
    };
    vec![
        bodiless("the known tag", with_tags("\"v1\""), 304),
        bodiless("the known tag, weak", with_tags("W/\"v1\""), 304),
        bodiless("a list", with_tags("\"v0\", \"a,b\" , \"v1\""), 304),
        bodiless("any tag", with_tags("*"), 304),
        whole("an unknown tag", with_tags("\"v0\"")),
        whole("a tag without quotes", with_tags("v1")),
        bodiless("unchanged since", with_since(MODIFIED), 304),
        bodiless("unchanged since later", with_since(LATER), 304),
        bodiless(
            "unchanged, as of old",
            with_since("Sat Jan 31 10:00:00 2026"),
            304,
        ),
        whole("changed since", with_since(EARLIER)),
        whole("no date", with_since("yesterday")),
        whole("the tag outweighs the date of news", both),
        bodiless(
            "known, so the range is not asked",
            known_and_impossible,
            304,
        ),
        bodiless("a head of the known tag", head(with_tags("\"v1\"")), 304),
        whole("the wanted tag", must("\"v1\"")),
        whole("any version", must("*")),
        bodiless("another version wanted", must("\"v0\""), 412),
        bodiless("a weak tag wants nothing", must("W/\"v1\""), 412),
        whole("not changed since", not_since(MODIFIED)),
        bodiless("changed after", not_since(EARLIER), 412),
        whole(
            "the tag outweighs the date of the version",
            tag_outweighs_date,
        ),
        bodiless("wanted comes before known", wanted_before_known, 412),
    ]
}
