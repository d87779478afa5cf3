//! The HTTP server's workers and their bounds, from the first connection to the last answer.

use super::mount::{Mounted, mount};
use super::shutdown::{Draining, Signals};
use crate::config::Settings;
use actix_web::dev::Server;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer};
use socket2::SockRef;
use std::net::TcpListener;
use std::time::Duration;
use tollgate_relay::ClientSocket;

/// A client that sends no FIN after our last byte is not waited for longer.
const DISCONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Serves until a signal comes and all answers have ended, or until a second signal.
///
/// # Errors
/// If the server can't be started.
pub async fn serve(
    listener: TcpListener,
    mounted: Mounted,
    settings: &Settings,
    signals: &Signals,
    draining: &Draining,
) -> std::io::Result<()> {
    let server = build(listener, mounted, settings)?;
    let handle = server.handle();
    let lame_duck = settings.shutdown.lame_duck.0;
    let drain = async {
        signals.reached(1).await;
        draining.begin();
        tokio::time::sleep(lame_duck).await;
        tracing::info!("no new connections; open answers may end");
        handle.stop(true).await;
        // The server's own future ends now; until it has, this one must not.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = server => ended,
        () = drain => Ok(()),
        // Dropping the server cuts what is open.
        () = signals.reached(2) => Ok(()),
    }
}

fn build(listener: TcpListener, mounted: Mounted, settings: &Settings) -> std::io::Result<Server> {
    let (http, stalled) = (&settings.http, settings.relay.idle_timeout.0);
    let mut server = HttpServer::new(move || App::new().configure(|routes| mount(routes, &mounted)))
        .disable_signals()
        .keep_alive(http.keep_alive.0)
        .client_request_timeout(http.header_timeout.0)
        .client_disconnect_timeout(DISCONNECT_LIMIT)
        .max_connections(http.connections_max)
        .tcp_nodelay(true)
        .shutdown_timeout(settings.shutdown.streams.0.as_secs())
        .on_connect(move |connection, extensions| {
            let Some(stream) = connection.downcast_ref::<TcpStream>() else {
                return;
            };
            // A client that takes nothing of its answer would else hold memory, seat and upstream for ever. Where the
            // system refuses, it only stays as it was.
            let _ = SockRef::from(stream).set_tcp_user_timeout(Some(stalled));
            // actix does not notice a client that leaves before the first byte; the relay looks at the socket itself.
            if let Some(socket) = ClientSocket::of(stream) {
                extensions.insert(socket);
            }
        });
    if settings.workers > 0 {
        server = server.workers(settings.workers);
    }
    Ok(server.listen(listener)?.run())
}
