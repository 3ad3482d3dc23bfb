//! Days as people write them.

use chrono::NaiveDate;

use super::Days;

impl Days {
    /// Reads one day or two, as people write them: each such as `2026-11-01` or `01.11.2026`, with white space, a
    /// dash, a slash or a comma between; `None` for what names no days, and for more than 90.
    ///
    /// # Examples
    ///
    /// ```
    /// use imagen4_domain::Days;
    ///
    /// let days = Days::read("01.11.2026 - 22.11.2026");
    /// assert_eq!(days, "2026-11-01/2026-11-22".parse().ok());
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        let words = text
            .split(|c: char| c.is_whitespace() || ",;/–—".contains(c))
            .filter(|word| !matches!(*word, "" | "-"));
        let days: Option<Vec<_>> = words.map(day).collect();
        let (first, last) = match days?.as_slice() {
            [only] => (*only, *only),
            [first, last] => (*first, *last),
            _ => return None,
        };
        Self::between(first, last).ok()
    }
}

fn day(word: &str) -> Option<NaiveDate> {
    let forms = ["%Y-%m-%d", "%d.%m.%Y"];
    let mut read = forms
        .iter()
        .map(|form| NaiveDate::parse_from_str(word, form));
    read.find_map(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let wanted = "2026-11-01/2026-11-20".parse().ok();
        for text in [
            "2026-11-01 2026-11-20",
            "01.11.2026 - 20.11.2026",
            " 1.11.2026\n20.11.2026 ",
            "2026-11-01–2026-11-20",
            "2026-11-01/20.11.2026",
        ] {
            assert_eq!(Days::read(text), wanted, "{text:?}");
        }
        let one = "2026-11-01/2026-11-01".parse().ok();
        assert_eq!(Days::read("01.11.2026"), one);
    }

    #[test]
    fn what_names_no_days_is_not_read() {
        for text in [
            "",
            "today",
            "2026-11-20 2026-11-01",
            "2026-01-01 2026-04-01",
            "2026-13-01",
            "31.02.2026",
            "1 2 3",
            "2026-11-01 2026-11-02 2026-11-03",
            "+12026-11-01",
            "-2026-11-01",
        ] {
            assert_eq!(Days::read(text), None, "{text:?}");
        }
    }
}
