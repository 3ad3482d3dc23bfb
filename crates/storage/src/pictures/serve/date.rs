//! Dates as HTTP writes them (RFC 9110 §5.6.7).

use chrono::{DateTime, NaiveDateTime, Utc};

/// The form that is written today, and the two older ones that must be read.
const FORMS: [&str; 3] = [
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
];

/// Returns the time that `text` names, or `None` when it is no date of HTTP.
///
/// The two digits of the oldest form mean 1970 to 2069.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())
        .map(|time| time.and_utc())
}

/// Returns `time` in the form that is written today, its fraction of a second dropped.
pub(super) fn write(time: DateTime<Utc>) -> String {
    time.format(FORMS[0]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_forms_of_the_rfc_are_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            let time = parse(text).unwrap();
            assert_eq!(time.timestamp(), 784_111_777, "{text}");
            assert_eq!(write(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
