//! The HTTP API in front of the functions, as API Gateway's HTTP APIs are.
//!
//! Routes, stages, stage variables and authorizers come from the template. The events have payload
//! format 2.0, see
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

mod authorizer;
mod cache;
mod event;
mod handle;
mod inbound;
mod refusal;
mod response;
mod routes;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    response::Response,
    serve::ListenerExt as _,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};

use self::handle::Entrance;
use crate::{runtime::Lambda, template::Api};

/// How long running requests may take to finish when the gateway stops.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// A running HTTP API.
///
/// When dropped it closes its port and lets running requests finish, as [`Gateway::stop`] does
/// with a limit.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Serves `api` on `listener` with the functions of `lambda`.
    ///
    /// # Errors
    ///
    /// The listener has no address.
    pub fn start(listener: TcpListener, api: &Api, lambda: Lambda) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let entrance = Arc::new(Entrance::new(api, lambda));
        let router = Router::new()
            .fallback(answer)
            .with_state(entrance)
            .into_make_service_with_connect_info::<SocketAddr>();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let listener = listener.tap_io(|stream| {
                // Without it small answers wait for the other side's delayed acknowledgement.
                drop(stream.set_nodelay(true));
            });
            let asked = async move {
                // A dropped sender asks as well.
                drop(stopped.await);
            };
            // axum's server outlives failed accepts and never returns an error.
            drop(
                axum::serve(listener, router)
                    .with_graceful_shutdown(asked)
                    .await,
            );
        });
        Ok(Self {
            address,
            stop,
            task,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL; a stage's name comes behind it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the port and waits for the running requests.
    pub async fn stop(mut self) {
        // An error means that the task has ended already.
        let _ended = self.stop.send(());
        if timeout(STOP_WAIT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

async fn answer(
    State(entrance): State<Arc<Entrance>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    entrance.answer(peer, request).await
}
