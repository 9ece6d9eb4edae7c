//! `siap17 serve`: starts everything, wires it, keeps it going, and stops it in order.
//!
//! Each part is a task of its own that may fail or hang without stopping the others. What only one node may do (send, poll,
//! seal) is done by whoever holds the lease of that name.

mod parts;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, DbError};
use crate::jobs::{Schedule, ScheduleError};
use crate::messages::Messages;
use crate::messenger::Messenger;
use crate::vault::Vault;

/// How long a stop may take before what is still under way is left to the next start.
const DRAIN: Duration = Duration::from_secs(10);

/// Everything the parts of the daemon share.
#[derive(Clone)]
pub struct Shared {
    pub config: Arc<Config>,
    pub db: Db,
    pub vault: Vault,
    pub clock: Clock,
    pub holidays: Arc<Holidays>,
    pub messages: Messages,
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error("the address {address} cannot be listened on; is another siap17 serve running?")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("the heartbeat cannot be started")]
    Heartbeat(#[source] tokio_cron_scheduler::JobSchedulerError),
    #[error(transparent)]
    Telegram(#[from] crate::telegram::TelegramError),
    #[error("the folder {path} cannot be made")]
    Folder { path: PathBuf, source: std::io::Error },
}

/// Runs until `stop` is cancelled, then drains. Without `telegram` (no token) nothing is sent or read, and the log says so.
pub async fn serve(
    shared: Shared,
    telegram: Option<Arc<crate::telegram::Wire>>,
    stop: CancellationToken,
) -> Result<(), DaemonError> {
    let claim = shared.db.claim_for_serving(&shared.config.node.name).await?;
    let schedule = Arc::new(Schedule::new(&shared.config.jobs, shared.clock.now())?);
    let address = shared.config.http.listen;
    let listener =
        TcpListener::bind(address).await.map_err(|source| DaemonError::Listen { address, source })?;
    let tasks = TaskTracker::new();
    let (beat, mut heartbeat) = parts::heartbeat().await.map_err(DaemonError::Heartbeat)?;

    tasks.spawn(parts::jobs(shared.clone(), schedule, beat, stop.clone()));
    tasks.spawn(parts::sealer(shared.clone(), stop.clone()));
    tasks.spawn(parts::http(shared.db.clone(), listener, stop.clone()));
    if let Some(wire) = telegram {
        let messenger: Arc<dyn Messenger> = wire.clone();
        tasks.spawn(parts::sender(shared.clone(), messenger, stop.clone()));
        tasks.spawn(parts::poller(shared.clone(), wire.clone(), stop.clone()));
        tasks.spawn(parts::conversations(shared.clone(), wire, stop.clone()));
    } else {
        tracing::warn!("no Telegram token is configured: notices wait, and the bot does not answer");
    }
    tracing::info!(%address, node = %shared.config.node.name, "siap17 serves");

    stop.cancelled().await;
    tracing::info!("stopping");
    tasks.close();
    if let Err(error) = heartbeat.shutdown().await {
        tracing::warn!(%error, "the heartbeat did not stop cleanly");
    }
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("some work did not end in time; the next start takes it up");
    }
    shared.db.close().await;
    drop(claim);
    Ok(())
}
