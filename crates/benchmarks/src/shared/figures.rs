//! Figures of several contestants over the same rounds.

/// One figure for each contestant and round.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(String, Vec<f64>)>);

impl Figures {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| (name, Vec::new())).collect())
    }

    /// Adds the figure of the contestant at `index` in the present round.
    pub(crate) fn add(&mut self, index: usize, figure: f64) {
        self.0[index].1.push(figure);
    }

    /// Adds the rounds of `more`, which has the same contestants in the same order.
    pub(crate) fn append(&mut self, more: Self) {
        if self.0.is_empty() {
            self.0 = more.0;
            return;
        }
        for ((_, figures), (_, more)) in self.0.iter_mut().zip(more.0) {
            figures.extend(more);
        }
    }

    /// Returns the names in the order given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the median of `name`; not a number for a name that took no part.
    pub(crate) fn median(&self, name: &str) -> f64 {
        median(self.of(name).to_vec())
    }

    /// Returns the median over the rounds of what `name` has for each of `other`.
    ///
    /// Both figures of a round met the same machine, so what else it was doing cancels out.
    pub(crate) fn ratio(&self, name: &str, other: &str) -> f64 {
        let pairs = self.of(name).iter().zip(self.of(other));
        median(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }

    /// Returns how far the figures of `name` lie apart, as a part of their median.
    pub(crate) fn spread(&self, name: &str) -> f64 {
        let figures = self.of(name);
        let highest = figures.iter().copied().fold(f64::NAN, f64::max);
        let lowest = figures.iter().copied().fold(f64::NAN, f64::min);
        (highest - lowest) / self.median(name)
    }

    /// Returns the name with the highest median among those that `take` lets pass.
    pub(crate) fn highest(&self, take: impl Fn(&str) -> bool) -> Option<&str> {
        let names = self.names().filter(|name| take(name));
        names.max_by(|a, b| self.median(a).total_cmp(&self.median(b)))
    }

    fn of(&self, name: &str) -> &[f64] {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or(&[], |(_, figures)| figures)
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let mut figures = Figures::new(["ours", "theirs"].map(str::to_owned));
        for (ours, theirs) in [(10.0, 5.0), (40.0, 10.0), (9.0, 3.0)] {
            figures.add(0, ours);
            figures.add(1, theirs);
        }
        figures
    }

    #[test]
    fn a_ratio_compares_figures_of_the_same_round() {
        assert!((figures().ratio("ours", "theirs") - 3.0).abs() < f64::EPSILON);
    }

    #[test]
    fn rounds_that_are_added_count_as_those_before() {
        let mut all = Figures::default();
        all.append(figures());
        let mut more = Figures::new(["ours", "theirs"].map(str::to_owned));
        for _ in 0..4 {
            more.add(0, 7.0);
            more.add(1, 1.0);
        }
        all.append(more);
        assert!((all.ratio("ours", "theirs") - 7.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_highest_is_found_by_its_median() {
        assert_eq!(figures().highest(|_| true), Some("ours"));
        assert_eq!(figures().highest(|name| name != "ours"), Some("theirs"));
    }

    #[test]
    fn a_name_that_took_no_part_reaches_no_aim() {
        assert!(figures().median("nobody").is_nan());
        assert!(figures().ratio("ours", "nobody").is_nan());
    }
}
