//! A file read and checked beside the daemon's own work: a thread that may block sends its rows in batches, never further
//! ahead than a few.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::incoming::{Prepared, Sealed, hash_of};
use crate::office::OfficeId;
use crate::roster::parse::census::Totals;
use crate::roster::parse::check::{Checked, Rules};
use crate::roster::parse::error::RosterError;
use crate::roster::parse::field::Headings;
use crate::roster::parse::file::RosterFile;
use crate::roster::parse::layout::Layouts;
use crate::roster::sheet::cell::SheetError;
use crate::student;
use crate::vault::{Purpose, Vault, VaultError};

/// Rows in one batch: few enough that one statement binds them all.
const BATCH: usize = 1000;
/// Batches that wait to be taken.
const AHEAD: usize = 2;

/// A file as it came.
#[derive(Debug, Clone)]
pub struct Sent {
    pub name: String,
    pub bytes: Arc<Vec<u8>>,
    pub rules: Rules,
    /// Whose students they are.
    pub office: OfficeId,
    /// Odd headers that were explained.
    pub headings: Headings,
}

/// An opened file whose rows come in batches.
pub struct Stream {
    pub layouts: Layouts,
    /// Sheets that were left out, since their students all stand on another sheet.
    pub copies: Vec<String>,
    pub totals: Totals,
    /// Names the file by its content.
    pub hash: Vec<u8>,
    deliveries: mpsc::Receiver<Delivery>,
}

/// Why no more rows come.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

enum Delivery {
    Rows(Vec<Prepared>),
    End,
    Failed(StreamError),
}

type Opened = (Layouts, Vec<String>, Totals, Vec<u8>);

impl Stream {
    /// Opens a file; every row has been looked at once when this returns.
    pub async fn open(sent: Sent, vault: &Vault) -> Result<Self, RosterError> {
        let (opened, wait) = oneshot::channel();
        let (deliveries, receiver) = mpsc::channel(AHEAD);
        let vault = vault.clone();
        tokio::task::spawn_blocking(move || feed(&sent, &vault, opened, &deliveries));
        // A reader that panicked says nothing.
        let (layouts, copies, totals, hash) = wait.await.unwrap_or(Err(SheetError::Damaged.into()))?;
        Ok(Self { layouts, copies, totals, hash, deliveries: receiver })
    }

    /// The next rows in the file's order, none at its end.
    pub async fn next(&mut self) -> Result<Option<Vec<Prepared>>, StreamError> {
        match self.deliveries.recv().await {
            Some(Delivery::Rows(rows)) => Ok(Some(rows)),
            Some(Delivery::End) => Ok(None),
            Some(Delivery::Failed(error)) => Err(error),
            None => Err(SheetError::Damaged.into()),
        }
    }
}

fn feed(
    sent: &Sent,
    vault: &Vault,
    opened: oneshot::Sender<Result<Opened, RosterError>>,
    deliveries: &mpsc::Sender<Delivery>,
) {
    let mut file = match RosterFile::open(None, &sent.bytes, &sent.name, &sent.rules, &sent.headings) {
        Ok(file) => file,
        Err(error) => {
            let _ = opened.send(Err(error));
            return;
        }
    };
    let hash = hash_of(&sent.bytes);
    if opened.send(Ok((file.layouts().clone(), file.copies().to_vec(), file.totals(), hash))).is_err() {
        return;
    }
    let mut batch = Vec::with_capacity(BATCH);
    let mut is_wanted = true;
    let mut unsealed = None;
    let read = file.rows(|checked| {
        match prepared(checked, vault, sent.office) {
            Ok(row) => batch.push(row),
            Err(error) => {
                unsealed = Some(error);
                return ControlFlow::Break(());
            }
        }
        if batch.len() < BATCH {
            return ControlFlow::Continue(());
        }
        is_wanted =
            deliveries.blocking_send(Delivery::Rows(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))).is_ok();
        if is_wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if let Some(error) = unsealed {
        let _ = deliveries.blocking_send(Delivery::Failed(StreamError::Vault(error)));
    } else if let Err(error) = read {
        let _ = deliveries.blocking_send(Delivery::Failed(error.into()));
    } else if is_wanted && (batch.is_empty() || deliveries.blocking_send(Delivery::Rows(batch)).is_ok()) {
        let _ = deliveries.blocking_send(Delivery::End);
    }
}

/// Marking the rows that share a number comes first, so that nobody's NIK is sealed.
fn prepared(checked: Checked, vault: &Vault, office: OfficeId) -> Result<Prepared, VaultError> {
    let row = checked.student.as_ref();
    let nik = row.and_then(|row| row.nik.as_ref());
    let phone = row.and_then(|row| row.phone.as_ref());
    let sealed = Sealed {
        nik_index: nik.map(|nik| student::nik_index(vault, office, nik)),
        nik: nik.map(|nik| vault.seal(Purpose::Nik, nik.digits().as_bytes())).transpose()?,
        phone: phone.map(|phone| vault.seal(Purpose::Phone, phone.as_bytes())).transpose()?,
    };
    Ok(Prepared { checked, sealed })
}
