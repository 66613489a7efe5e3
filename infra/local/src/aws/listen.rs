//! A service's port and the task that serves it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, serve::ListenerExt as _};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

use super::ServicesError;

/// How long running requests may take to finish when the service stops.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// A served port; dropping it asks the service to stop, [`Endpoint::stop`] waits for that.
#[derive(Debug)]
pub(super) struct Endpoint {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Endpoint {
    /// Serves with what `serve` makes of a listener and of the future that ends it.
    pub(super) async fn start<F>(
        serve: impl FnOnce(TcpListener, Stop) -> F,
    ) -> Result<Self, ServicesError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (listener, address) = bind().await.map_err(ServicesError::Listen)?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Stop(stopped)));
        Ok(Self {
            address,
            stop,
            task,
        })
    }

    /// Serves an axum router.
    pub(super) async fn start_router(router: Router) -> Result<Self, ServicesError> {
        Self::start(|listener, stop| serve(listener, router, stop.asked())).await
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(super) async fn stop(mut self) {
        // An error means that the task has ended already.
        let _ended = self.stop.send(());
        if timeout(STOP_WAIT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Completes when the endpoint is to stop.
#[derive(Debug)]
pub(super) struct Stop(oneshot::Receiver<()>);

impl Stop {
    pub(super) async fn asked(self) {
        // A dropped sender is a request to stop as well.
        drop(self.0.await);
    }
}

/// Serves a router until `stop` completes and the running requests have ended.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let listener = listener.tap_io(|stream| {
        // Without it small answers wait for the other side's delayed acknowledgement, 40 ms each.
        drop(stream.set_nodelay(true));
    });
    // axum's server outlives failed accepts and never returns an error.
    drop(
        axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .await,
    );
}

async fn bind() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
