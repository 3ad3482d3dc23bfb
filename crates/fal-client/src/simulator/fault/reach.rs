//! Where each fault strikes.

use super::{Fault, Step};

impl Fault {
    /// Returns the step whose answer it spoils once; `None` for faults that strike elsewhere.
    pub(in super::super) fn spoils(&self) -> Option<Step> {
        match self {
            Self::Ingress { at, .. }
            | Self::Infrastructure { at, .. }
            | Self::KeyRefused { at }
            | Self::Redirect { at }
            | Self::DropAnswer { at }
            | Self::SlowAnswer { at, .. }
            | Self::TruncatedAnswer { at }
            | Self::EmptyAnswer { at }
            | Self::GarbageJson { at }
            | Self::HtmlPage { at } => Some(*at),
            Self::DropAfterAccept | Self::IngressAfterAccept { .. } | Self::ForeignLinks => {
                Some(Step::Submit)
            }
            Self::UnknownState => Some(Step::Status),
            Self::ResultTimesOut => Some(Step::Result),
            _ => None,
        }
    }

    /// Tells whether a submit that it strikes is not accepted.
    pub(in super::super) fn prevents_acceptance(&self) -> bool {
        match self {
            Self::DropBeforeAccept | Self::TooManyRequests { .. } | Self::Locked => true,
            Self::Ingress { at, .. }
            | Self::Infrastructure { at, .. }
            | Self::KeyRefused { at }
            | Self::Redirect { at } => *at == Step::Submit,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_turns_a_submit_away_prevents_acceptance() {
        let ingress = |at| Fault::Ingress { status: 503, at };
        assert!(ingress(Step::Submit).prevents_acceptance());
        assert!(!ingress(Step::Status).prevents_acceptance());
        assert!(!Fault::IngressAfterAccept { status: 502 }.prevents_acceptance());
        assert!(!Fault::GarbageJson { at: Step::Submit }.prevents_acceptance());
        assert!(!Fault::MediaMissing.prevents_acceptance());
    }

    #[test]
    fn a_fault_spoils_the_answer_of_its_step() {
        let page = Fault::HtmlPage { at: Step::Cancel };
        assert_eq!(page.spoils(), Some(Step::Cancel));
        assert_eq!(Fault::DropAfterAccept.spoils(), Some(Step::Submit));
        assert_eq!(Fault::WebhookLost.spoils(), None);
    }
}
