//! FAL's queue: the real one when there is a key, otherwise the simulator.

use std::sync::Arc;

use fal_client::http::{FalSettings, HttpFalQueue};
use fal_client::layer::{Retrying, Traced};
use fal_client::simulator::FalSimulator;
use fal_client::{FalKey, FalQueue, RetryPolicy};

use crate::error::Cause;

/// A queue and, when it is ours, the simulator behind it.
#[derive(Debug)]
pub(crate) struct OpenQueue {
    pub(crate) queue: Arc<dyn FalQueue>,
    pub(crate) simulator: Option<FalSimulator>,
}

/// Returns FAL's queue; nothing is sent yet.
pub(crate) fn real(settings: &FalSettings) -> Result<OpenQueue, Cause> {
    Ok(OpenQueue {
        queue: queue(settings)?,
        simulator: None,
    })
}

/// Starts the simulator on free ports of loopback and returns its queue.
pub(crate) async fn simulated() -> Result<OpenQueue, Cause> {
    let simulator = FalSimulator::builder().start().await?;
    let key = FalKey::new(&simulator.key())?;
    let settings = FalSettings::new(key).with_queue_url(simulator.queue_url().try_into()?);
    Ok(OpenQueue {
        queue: queue(&settings)?,
        simulator: Some(simulator),
    })
}

fn queue(settings: &FalSettings) -> Result<Arc<dyn FalQueue>, Cause> {
    let queue = HttpFalQueue::new(settings)?;
    Ok(Arc::new(Traced::new(Retrying::new(
        queue,
        RetryPolicy::default(),
    ))))
}
