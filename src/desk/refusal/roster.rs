//! Why nothing was done about a roster.

use crate::coded;
use crate::roster::ids::ImportId;
use crate::roster::review::undo::UndoError;

coded! {
    /// Why a roster is not taken, shown, decided, answered or undone.
    pub enum RosterRefusal {
        "import_unknown" => #[error("there is no import {0}; `siap17 roster list` shows them")]
            Unknown(ImportId),
        "unreadable" => #[error("{file}: {why}")]
            Unreadable { file: String, why: String },
        "not_allowed" => #[error("this account sends the roster of {name} ({code}) only")]
            OthersPlace { name: String, code: String },
        "place_unknown" => #[error(
            "{file}: the folder {folder} is no place's; name it after the place's code (NPSN), which `siap17 place list` \
             shows, and put the file there again"
        )]
            FolderOfNobody { file: String, folder: String },
        "too_large" => #[error("{file}: the file is larger than {most} bytes; split it")]
            TooLarge { file: String, most: u64 },
        "file_gone" => #[error(
            "the file is kept no longer (see retention.files in the configuration); ask the sender for it, and import it again"
        )]
            FileGone,
        "not_sealed" => #[error("this is no roster that siap17 has sealed; such a file's name ends in .sealed")]
            NotSealed,
        "sealed_damaged" => #[error("the sealed roster is damaged or cut off; ask the sender for the file")]
            SealedDamaged,
        "key" => #[error("the roster was sealed with another key; ask the sender for the file")]
            SealedByAnother,
        "file" => #[error("the sealed roster cannot be read: {why}")]
            SealedUnread { why: String },
        "not_allowed" => #[error("sealed rosters are opened by the office; ask an officer there")]
            SealedAreTheOffices,
        "link" => #[error(
            "{file}: it is a link, and links are not followed; put the file itself there. The link was taken away, and what it led              to is as it was"
        )]
            Link { file: String },
        "part" => #[error(
            "this is one place's part of a file; the answer is the whole file's, and the office's: `siap17 roster answer {0}`"
        )]
            PartHasNoAnswer(ImportId),
        "nothing_to_mend" => #[error("nothing in this file needs to be mended")]
            NothingToMend,
        "answer" => #[error("{file}: {why}")]
            Unwritable { file: String, why: String },
        "decided" => #[error(
            "somebody has decided about this file already; `siap17 roster review` shows what became of it"
        )]
            Decided,
        "not_allowed" => #[error("NIKs are compared by the office; ask an officer there")]
            NiksAreTheOffices,
        "not_allowed" => #[error("a roster is reviewed by the office; ask an officer there")]
            ReviewIsTheOffices,
        "not_allowed" => #[error("an import is undone by the office; ask an officer there")]
            UndoIsTheOffices,
        "second_person" => #[error(
            "{actor} imported this roster; another NIK, name or birth date needs a second person (--as STAFF), leavers \
             (--accept m1 …) do not"
        )]
            SecondPerson { actor: String },
        "parked" => #[error("the file waits as a whole; decide it without naming rows")]
            Parked,
        "nothing_open" => #[error("nothing is open for '{item}'; `siap17 roster review ID` shows what is")]
            ItemNotOpen { item: String },
        "nothing_open" => #[error("nothing of this import is open")]
            NothingOpen,
        "undone" => #[error("{0}")]
            Undone(UndoError),
        "not_applied" => #[error("{0}")]
            NotApplied(UndoError),
    }
}
