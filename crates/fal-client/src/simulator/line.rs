//! The line before the runners: normal requests first, each kind in the order of its submits.

use std::collections::VecDeque;

/// The ids of the requests that wait.
#[derive(Debug, Default)]
pub(super) struct Line {
    normal: VecDeque<String>,
    patient: VecDeque<String>,
}

impl Line {
    /// Puts a request behind those of its kind.
    pub(super) fn push(&mut self, id: &str, is_patient: bool) {
        let kind = if is_patient {
            &mut self.patient
        } else {
            &mut self.normal
        };
        kind.push_back(id.to_owned());
    }

    /// Puts a request that has run already before all others.
    pub(super) fn push_front(&mut self, id: &str) {
        self.normal.push_front(id.to_owned());
    }

    /// Returns all ids, the first in line first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &String> {
        self.normal.iter().chain(&self.patient)
    }

    pub(super) fn len(&self) -> usize {
        self.normal.len() + self.patient.len()
    }

    /// Returns how many are ahead of a request.
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.iter().position(|waiting| waiting == id)
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.normal.retain(|waiting| waiting != id);
        self.patient.retain(|waiting| waiting != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patient_requests_stand_behind_all_normal_ones() {
        let mut line = Line::default();
        line.push("low", true);
        line.push("one", false);
        line.push("two", false);
        line.push_front("again");
        assert_eq!(line.position("low"), Some(3));
        line.remove("one");
        let order: Vec<_> = line.iter().map(String::as_str).collect();
        assert_eq!(order, ["again", "two", "low"]);
        assert_eq!((line.len(), line.position("one")), (3, None));
    }
}
