//! What can be set before a simulator starts, and the start itself.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use core_config::Secret;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;

use super::FalSimulator;
use super::connection::{CuttableListener, Knife};
use super::fault::Rule;
use super::state::{Parts, Settings, State};
use super::{media, runner, server, webhook};

/// Settings of a simulator; get one from [`FalSimulator::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct FalSimulatorBuilder {
    settings: Settings,
    ports: (u16, u16),
    rules: Vec<Rule>,
}

impl FalSimulatorBuilder {
    pub(super) fn new() -> Self {
        Self {
            settings: Settings {
                runners: 2,
                queue_time: Duration::ZERO,
                run_time: Duration::from_millis(800),
                webhook_pause: Duration::from_secs(1),
                retired: Vec::new(),
                is_virtual: false,
                draws_thumbnails: false,
                has_admin_key: true,
            },
            ports: (0, 0),
            rules: Vec::new(),
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets how many requests run at the same time; 2 by default, as FAL grants new accounts. 0 is read as 1.
    pub fn runners(mut self, count: usize) -> Self {
        self.settings.runners = count.max(1);
        self
    }

    /// Sets the least time that each request waits in the queue; none by default.
    pub fn queue_time(mut self, time: Duration) -> Self {
        self.settings.queue_time = time;
        self
    }

    /// Sets the least time that each request runs; 0.8 s by default.
    ///
    /// A request runs longer when drawing its pictures takes longer.
    pub fn run_time(mut self, time: Duration) -> Self {
        self.settings.run_time = time;
        self
    }

    /// Sets the pause before a webhook is delivered again, which doubles each time; 1 s by default.
    pub fn webhook_pause(mut self, pause: Duration) -> Self {
        self.settings.webhook_pause = pause;
        self
    }

    /// Lets the time stand until [`Control::advance`](super::Control::advance) moves it.
    ///
    /// Jobs, files, webhooks and late answers go by it; the sign of life of a stream does not.
    pub fn virtual_time(mut self) -> Self {
        self.settings.is_virtual = true;
        self
    }

    /// Draws pictures an eighth as wide and as high, which costs next to nothing; for tests with many.
    pub fn thumbnails(mut self) -> Self {
        self.settings.draws_thumbnails = true;
        self
    }

    /// Makes the key one without the admin scope, which destroys no payloads.
    pub fn without_admin_scope(mut self) -> Self {
        self.settings.has_admin_key = false;
        self
    }

    /// Adds rules to the script of faults.
    pub fn script(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// Makes endpoints, and all below them, answer 404 `Application "…" not found`.
    ///
    /// Imagen 4 is gone upstream; the simulator serves it all the same unless it is named here.
    pub fn retired<T: Into<String>>(mut self, endpoints: impl IntoIterator<Item = T>) -> Self {
        self.settings
            .retired
            .extend(endpoints.into_iter().map(Into::into));
        self
    }

    /// Sets the port of the queue; by default a free one is chosen.
    pub fn port(mut self, port: u16) -> Self {
        self.ports.0 = port;
        self
    }

    /// Sets the port of the media files; by default a free one is chosen.
    pub fn media_port(mut self, port: u16) -> Self {
        self.ports.1 = port;
        self
    }

    /// Starts the simulator on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Returns the system's error when a port cannot be bound.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready leaves nothing running.
    pub async fn start(self) -> io::Result<FalSimulator> {
        let (queue, base) = bind(self.ports.0).await?;
        let (files, media) = bind(self.ports.1).await?;
        let (stop, stopped) = watch::channel(false);
        let (deliveries, ended) = mpsc::unbounded_channel();
        let parts = Parts {
            key: Secret::new(format!("{}:{}", Uuid::new_v4(), Uuid::new_v4().simple())),
            base,
            media,
            rules: self.rules,
            stopped: stopped.clone(),
            deliveries,
        };
        let runners = self.settings.runners;
        let state = Arc::new(State::new(self.settings, parts));
        let mut servers = JoinSet::new();
        servers.spawn(serve_queue(queue, Arc::clone(&state), stopped.clone()));
        servers.spawn(serve_media(files, Arc::clone(&state), stopped));
        let mut tasks = JoinSet::new();
        tasks.spawn(webhook::run(Arc::clone(&state), ended));
        tasks.spawn(runner::watch_limits(Arc::clone(&state)));
        for _ in 0..runners {
            tasks.spawn(runner::run(Arc::clone(&state)));
        }
        Ok(FalSimulator {
            state,
            stop,
            servers,
            runners: tasks,
        })
    }
}

async fn bind(port: u16) -> io::Result<(TcpListener, Url)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let url = Url::parse(&url).map_err(io::Error::other)?;
    Ok((listener, url))
}

async fn serve_queue(listener: TcpListener, state: Arc<State>, stopped: watch::Receiver<bool>) {
    let routes = Router::new().fallback(server::handle).with_state(state);
    let service = routes.into_make_service_with_connect_info::<Knife>();
    let server = axum::serve(CuttableListener(listener), service);
    if let Err(error) = server.with_graceful_shutdown(until(stopped)).await {
        tracing::warn!(%error, "the simulator's queue ended");
    }
}

async fn serve_media(listener: TcpListener, state: Arc<State>, stopped: watch::Receiver<bool>) {
    let routes = Router::new().fallback(media::handle).with_state(state);
    let server = axum::serve(listener, routes);
    if let Err(error) = server.with_graceful_shutdown(until(stopped)).await {
        tracing::warn!(%error, "the simulator's media ended");
    }
}

/// Waits for the word to stop; a simulator that was dropped counts as one.
async fn until(mut stopped: watch::Receiver<bool>) {
    let _gone = stopped.wait_for(|stop| *stop).await.is_err();
}
