//! What was found, what was to be reached, and whether it was.

use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;

/// Keeps the aims for the end; tables are printed as they come.
#[derive(Debug, Default)]
pub(crate) struct Report {
    aims: Vec<Aim>,
}

#[derive(Debug)]
struct Aim {
    what: String,
    found: f64,
    bound: Bound,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Report {
    /// Notes that `found` is to be at least `aim`.
    pub(crate) fn at_least(&mut self, what: impl Into<String>, found: f64, aim: f64) {
        self.note(what, found, Bound::AtLeast(aim));
    }

    /// Notes that `found` is to be at most `aim`.
    pub(crate) fn at_most(&mut self, what: impl Into<String>, found: f64, aim: f64) {
        self.note(what, found, Bound::AtMost(aim));
    }

    fn note(&mut self, what: impl Into<String>, found: f64, bound: Bound) {
        let what = what.into();
        self.aims.push(Aim { what, found, bound });
    }

    /// Prints the aims, if there are any, and tells whether all were reached.
    pub(crate) fn conclude(&self) -> bool {
        if self.aims.is_empty() {
            return true;
        }
        let head = ["", "found", "aim", ""].map(str::to_owned).to_vec();
        print_table(
            "aims",
            std::iter::once(head).chain(self.aims.iter().map(Aim::row)),
        );
        self.aims.iter().all(Aim::is_reached)
    }
}

/// Prints a table with a title; the first of `rows` is its head.
pub(crate) fn print_table(title: &str, rows: impl IntoIterator<Item = Vec<String>>) {
    let mut rows = rows.into_iter();
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    if let Some(head) = rows.next() {
        table.set_header(head);
    }
    table.add_rows(rows);
    println!("\n{title}\n{table}");
}

impl Aim {
    /// A figure that is not a number reaches nothing.
    fn is_reached(&self) -> bool {
        match self.bound {
            Bound::AtLeast(aim) => self.found >= aim,
            Bound::AtMost(aim) => self.found <= aim,
        }
    }

    fn row(&self) -> Vec<String> {
        let bound = match self.bound {
            Bound::AtLeast(aim) => format!("≥ {aim}"),
            Bound::AtMost(aim) => format!("≤ {aim}"),
        };
        let verdict = if self.is_reached() {
            "reached"
        } else {
            "MISSED"
        };
        vec![
            self.what.clone(),
            format!("{:.2}", self.found),
            bound,
            verdict.to_owned(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missed_aim_is_enough() {
        let mut report = Report::default();
        report.at_least("a", 2.0, 2.0);
        report.at_most("b", 1.0, 1.3);
        assert!(report.conclude());
        report.at_least("c", f64::NAN, 0.0);
        assert!(!report.conclude());
    }
}
