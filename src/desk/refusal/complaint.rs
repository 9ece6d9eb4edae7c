//! Why nothing was done about a complaint.

use crate::coded;
use crate::complaint::ComplaintError;

coded! {
    /// Why a complaint is not answered.
    pub enum ComplaintRefusal {
        "complaint_unknown" => #[error("{0}")]
            Unknown(ComplaintError),
        "complaint_answered" => #[error("{0}")]
            Answered(ComplaintError),
        "answer" => #[error("the answer is empty")]
            AnswerMissing,
        "answer" => #[error("the answer is longer than {longest} characters")]
            AnswerTooLong { longest: usize },
        "answer" => #[error("the answer holds something like a NIK; leave it out")]
            AnswerHoldsNik,
    }
}
