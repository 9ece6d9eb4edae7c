//! The words for states and kinds.

use serde::Serialize;

/// Returns the word by which JSON and the command line name a state or a kind, such as `counter`; several words with spaces.
pub fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map(|word| word.replace('_', " ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::office::PauseKind;
    use crate::staff::Role;
    use crate::student::ClosedReason;
    use crate::visit::feed::FeedKind;

    #[test]
    fn states_are_named_as_people_name_them() {
        assert_eq!(word(&Role::Counter), "counter");
        assert_eq!(word(&ClosedReason::HasCard), "has card");
    }

    #[test]
    fn refusals_and_the_audit_name_things_by_the_same_words() {
        for role in Role::value_variants() {
            assert_eq!(role.word(), word(role));
        }
        for kind in PauseKind::value_variants() {
            assert_eq!(kind.word(), word(kind));
        }
        for kind in [FeedKind::Team, FeedKind::Place, FeedKind::Office] {
            assert_eq!(kind.word(), word(&kind));
        }
    }
}
