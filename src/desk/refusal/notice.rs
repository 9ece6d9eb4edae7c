//! Why nothing was done about a notice or a message.

use crate::coded;
use crate::notice::NoticeId;
use crate::words::TextFault;

coded! {
    /// Why a notice is not tried again or not told in person.
    pub enum NoticeRefusal {
        "notice_unknown" => #[error("there is no notice {0}; `siap17 notice list` shows them")]
            Unknown(NoticeId),
        "state" => #[error(
            "only a failed or uncertain notice can be tried again; `siap17 student why ID` shows what keeps this one"
        )]
            NotFailed,
        "state" => #[error("this notice is out already, or is on its way this very moment")]
            Out,
    }
}

coded! {
    /// Why words are not kept or not sent.
    pub enum WordsRefusal {
        "holds_nik" => #[error("{what} holds something like a NIK; leave the number out")]
            HoldsNik { what: String },
        "value" => #[error("{what} {fault}")]
            NotKept { what: String, fault: TextFault },
        "internal" => #[error("{0}")]
            Unsendable(serde_json::Error),
    }
}
