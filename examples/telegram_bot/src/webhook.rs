//! Updates that Telegram delivers.

use std::convert::Infallible;

use teloxide::Bot;
use teloxide::update_listeners::UpdateListener;
use teloxide::update_listeners::webhooks::{Options, axum_to_router};
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::replies;
use crate::settings::WebhookSettings;

/// Listens, and tells Telegram where to deliver to; each delivery must bear a secret that is drawn anew.
///
/// The webhook is taken back when the listener is stopped.
///
/// # Errors
///
/// [`Failure`] when the address is taken, or when Telegram cannot be reached or does not take the link.
///
/// # Cancellation
///
/// Telegram perhaps knows the webhook already.
pub(crate) async fn listen(
    bot: Bot,
    settings: &WebhookSettings,
) -> Result<impl UpdateListener<Err = Infallible> + use<>, Failure> {
    let address = settings.listen;
    let socket = TcpListener::bind(address).await;
    let socket = socket
        .map_err(|error| Failure::bad_setting(format!("cannot listen at {address}: {error}")))?;
    let options = Options::new(address, settings.url.clone());
    let (listener, stopped, router) = axum_to_router(bot, options)
        .await
        .map_err(|error| replies::failure(&error))?;
    tokio::spawn(async move {
        let served = axum::serve(socket, router).with_graceful_shutdown(stopped);
        if let Err(error) = served.await {
            tracing::error!(%error, "deliveries can no longer be received");
        }
    });
    Ok(listener)
}
