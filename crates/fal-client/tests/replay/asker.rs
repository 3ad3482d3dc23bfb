//! A plain client of the simulator, which reads whatever comes.

use std::{sync::Arc, time::Duration};

use fal_client::simulator::{FalSimulator, FalSimulatorBuilder};
use reqwest::{Client, Method};
use serde_json::Value;
use url::Url;

use crate::{recorded::endpoint, shape::Received};

/// A simulator and a client that has its key.
pub(crate) struct Asker {
    pub(crate) simulator: FalSimulator,
    client: Client,
}

/// Returns a simulator that runs requests as fast as it can, with small pictures.
pub(crate) fn quick() -> FalSimulatorBuilder {
    let builder = FalSimulator::builder().thumbnails();
    builder.run_time(Duration::from_millis(20))
}

impl Asker {
    pub(crate) async fn start(builder: FalSimulatorBuilder) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let client = Client::builder().tls_backend_preconfigured(tls).no_proxy();
        Self {
            simulator: builder.start().await.unwrap(),
            client: client.build().unwrap(),
        }
    }

    /// Asks with the key, and with headers besides.
    pub(crate) async fn ask_with(
        &self,
        (method, url): (Method, Url),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Received {
        let key = format!("Key {}", self.simulator.key().expose());
        let mut request = self
            .client
            .request(method, url)
            .header("authorization", key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        let headers = answer.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Received {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer.text().await.unwrap(),
        }
    }

    pub(crate) async fn ask(&self, method: Method, url: Url, body: &str) -> Received {
        self.ask_with((method, url), &[], body).await
    }

    /// Submits an input.
    pub(crate) async fn submit(&self, input: &Value) -> Received {
        let url = self
            .simulator
            .queue_url()
            .join(endpoint().as_str())
            .unwrap();
        self.ask(Method::POST, url, &input.to_string()).await
    }

    /// Submits an input and returns the id of the request.
    pub(crate) async fn submitted(&self, input: &Value) -> String {
        let answer: Value = serde_json::from_str(&self.submit(input).await.body).unwrap();
        answer["request_id"].as_str().unwrap().to_owned()
    }

    /// Asks about a request; `tail` follows its id.
    pub(crate) async fn about(&self, method: Method, id: &str, tail: &str) -> Received {
        let path = format!("{}/requests/{id}{tail}", endpoint().app());
        let url = self.simulator.queue_url().join(&path).unwrap();
        self.ask(method, url, "").await
    }

    /// Asks for the status until it is this one.
    pub(crate) async fn status(&self, id: &str, wanted: &str) -> Received {
        for _ in 0..2_000 {
            let answer = self.about(Method::GET, id, "/status?logs=1").await;
            let status: Value = serde_json::from_str(&answer.body).unwrap();
            if status["status"] == wanted {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the request is never {wanted}");
    }

    /// Submits an input, waits for its end, and returns its result.
    pub(crate) async fn result(&self, input: &Value) -> Received {
        let id = self.submitted(input).await;
        self.status(&id, "COMPLETED").await;
        self.about(Method::GET, &id, "").await
    }
}
