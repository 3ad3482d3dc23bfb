//! Lengths of time as people write them.

use std::time::Duration;

/// Says why a text is not a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// The text has no whole number in front.
    #[error("no whole number in front; write a number and a unit, such as 30s")]
    NoNumber,
    /// The unit is not one of `ms`, `s`, `m`, `h`, `d`.
    #[error("unknown unit; use ms, s, m, h or d")]
    UnknownUnit,
    /// The length does not fit.
    #[error("too long")]
    TooLong,
}

/// Reads a length of time: a whole number and a unit out of `ms`, `s`, `m`, `h`, `d`.
///
/// A bare number counts in seconds, as the settings of the original service did.
///
/// # Errors
///
/// See [`DurationError`].
///
/// # Examples
///
/// ```
/// use core_config::parse_duration;
/// use std::time::Duration;
///
/// assert_eq!(parse_duration("150ms")?, Duration::from_millis(150));
/// assert_eq!(parse_duration("86400")?, Duration::from_secs(86_400));
/// # Ok::<(), core_config::DurationError>(())
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(DurationError::NoNumber);
    }
    let number: u64 = number.parse().map_err(|_| DurationError::TooLong)?;
    let seconds_per_unit = match unit.trim() {
        "ms" => return Ok(Duration::from_millis(number)),
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(DurationError::UnknownUnit),
    };
    number
        .checked_mul(seconds_per_unit)
        .map(Duration::from_secs)
        .ok_or(DurationError::TooLong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_unit_is_read() {
        for (text, seconds) in [
            ("0", 0),
            ("30s", 30),
            ("5m", 300),
            ("2 h", 7_200),
            ("7d", 604_800),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn wrong_texts_say_what_is_wrong() {
        for (text, error) in [
            ("", DurationError::NoNumber),
            ("s", DurationError::NoNumber),
            ("-5s", DurationError::NoNumber),
            ("1.5s", DurationError::UnknownUnit),
            ("5 weeks", DurationError::UnknownUnit),
            ("99999999999999999999", DurationError::TooLong),
            ("18446744073709551615d", DurationError::TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "\\PC{0,24}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn milliseconds_come_back(number in 0_u64..u64::from(u32::MAX)) {
            prop_assert_eq!(parse_duration(&format!("{number}ms")), Ok(Duration::from_millis(number)));
        }
    }
}
