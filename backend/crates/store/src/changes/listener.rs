//! The listening connection: it only hears. A connection of its own, outside the pools; whatever ends it, a new one is
//! made, and the feed is told that something may have been missed.

use super::CHANNEL;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

/// Heartbeats come each half second; a connection on which nothing comes for longer is dead without saying so.
const SILENCE_MAX: Duration = Duration::from_secs(2);
/// Pause before the next try.
const RETRY: Duration = Duration::from_millis(250);

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// A transaction of this id changed something.
    Changed(String),
    /// A heartbeat of ours, by its number.
    Beat(u64),
    /// The connection ended.
    Lost,
}

/// Listens until told to stop.
pub(super) async fn run(
    options: PgConnectOptions,
    beats: String,
    heard: Sender<Heard>,
    stop: CancellationToken,
) {
    loop {
        match stop.run_until_cancelled(listen(&options, &beats, &heard)).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(%error, "can't listen for changes; trying again"),
        }
        if heard.send(Heard::Lost).await.is_err()
            || stop
                .run_until_cancelled(tokio::time::sleep(RETRY))
                .await
                .is_none()
        {
            return;
        }
    }
}

/// Ends with the connection.
async fn listen(options: &PgConnectOptions, beats: &str, heard: &Sender<Heard>) -> Result<(), sqlx::Error> {
    // A listener takes its connection from a pool; this one holds that connection alone.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(SILENCE_MAX)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // What comes between the end of a connection and the next one is lost: that must be told, not bridged.
    listener.eager_reconnect(false);
    listener.listen_all([CHANNEL, beats]).await?;
    loop {
        let Ok(received) = tokio::time::timeout(SILENCE_MAX, listener.try_recv()).await else {
            return Ok(());
        };
        let Some(message) = received? else {
            return Ok(());
        };
        let what = if message.channel() == CHANNEL {
            Heard::Changed(message.payload().to_owned())
        } else {
            Heard::Beat(message.payload().parse().unwrap_or_default())
        };
        if heard.send(what).await.is_err() {
            return Ok(());
        }
    }
}
