//! A plain client for the tests: it sends what it is told and reads what comes.

use std::sync::Arc;
use std::time::Duration;

use fal_client::simulator::{FalSimulator, FalSimulatorBuilder, Fault, Rule};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The endpoint that most tests use, because its path is longer than its app.
pub(crate) const FAST: &str = "fal-ai/imagen4/preview/fast";
/// The app that its requests live under.
pub(crate) const APP: &str = "fal-ai/imagen4";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A simulator and a client that has its key.
pub(crate) struct Bench {
    pub(crate) simulator: FalSimulator,
    pub(crate) client: Client,
}

/// Returns a simulator that draws small pictures and runs requests as fast as it can.
pub(crate) fn quick() -> FalSimulatorBuilder {
    large().thumbnails()
}

/// Returns a simulator that runs requests as fast as it can draw.
pub(crate) fn large() -> FalSimulatorBuilder {
    FalSimulator::builder().run_time(Duration::from_millis(30))
}

pub(crate) fn client() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}

impl Bench {
    pub(crate) async fn start(builder: FalSimulatorBuilder) -> Self {
        Self {
            simulator: builder.start().await.unwrap(),
            client: client(),
        }
    }

    pub(crate) async fn with_fault(fault: Fault) -> Self {
        Self::start(quick().script([Rule::nth_submit(1, fault)])).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.queue_url())
    }

    pub(crate) fn authorization(&self) -> String {
        format!("Key {}", self.simulator.key().expose())
    }

    /// Sends a request with the key.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &str,
    ) -> reqwest::Result<Answer> {
        let request = self
            .client
            .request(method, self.url(path))
            .header("authorization", self.authorization())
            .body(body.to_owned());
        read(request).await
    }

    /// Sends anything anywhere; the key goes along only when it is among the headers.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self.client.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request).await.unwrap()
    }

    /// Submits an input to the fast model with further headers.
    pub(crate) async fn submit_with(&self, headers: &[(&str, &str)], input: &Value) -> Answer {
        let key = self.authorization();
        let mut all = vec![("authorization", key.as_str())];
        all.extend(headers);
        self.call(Method::POST, &self.url(FAST), &all, input.to_string())
            .await
    }

    /// Reads the stream of a job's states to its end.
    pub(crate) async fn states(&self, id: &str) -> Vec<Value> {
        let path = format!("{APP}/requests/{id}/status/stream?logs=1");
        events(&self.get(&path).await)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str) -> Answer {
        self.send(Method::PUT, path, "").await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, input: &Value) -> Answer {
        self.send(Method::POST, path, &input.to_string())
            .await
            .unwrap()
    }

    /// Submits an input to the fast model and returns the request's id.
    pub(crate) async fn submit(&self, input: &Value) -> String {
        let answer = self.post(FAST, input).await;
        assert_eq!(answer.status, 200);
        answer.json()["request_id"].as_str().unwrap().to_owned()
    }

    /// Asks for the status until it is COMPLETED, and returns that answer.
    pub(crate) async fn completed(&self, id: &str) -> Answer {
        for _ in 0..3000 {
            let answer = self
                .get(&format!("{APP}/requests/{id}/status?logs=1"))
                .await;
            if answer.status == 200 {
                return answer;
            }
            assert_eq!(answer.status, 202);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the request did not complete within a minute");
    }

    /// Submits an input, waits, and returns the result's answer.
    pub(crate) async fn result(&self, input: &Value) -> Answer {
        let id = self.submit(input).await;
        self.completed(&id).await;
        self.get(&format!("{APP}/requests/{id}")).await
    }

    /// Submits a prompt and returns the link of its first picture.
    pub(crate) async fn picture_link(&self, prompt: &str) -> String {
        let answer = self.result(&json!({ "prompt": prompt })).await;
        answer.json()["images"][0]["url"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Gets a link without the key.
    pub(crate) async fn fetch(&self, link: &str) -> reqwest::Result<Answer> {
        read(self.client.get(link)).await
    }
}

/// Returns what the events of a stream hold.
pub(crate) fn events(answer: &Answer) -> Vec<Value> {
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let answer = request.send().await?;
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        bytes: answer.bytes().await?.to_vec(),
    })
}
