//! The servers that all tests share; each test with special needs starts its own.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::command::{Outcome, say};
use crate::tools::{Tools, workspace};

/// What ministack takes for any key; it guards nothing but a server on loopback that lives for one run.
const KEY: &str = "minioadmin";

/// How often the start is looked at, and how long in all: 60 s, since a cold machine is slow.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// An S3 server that others wrote, on a free port of loopback.
#[derive(Debug)]
pub(crate) struct Ministack {
    child: Child,
    address: SocketAddr,
}

impl Ministack {
    /// Starts the server and waits until it takes connections.
    pub(crate) fn start(tools: &Tools) -> Outcome<Self> {
        let port = free_port()?;
        let log = workspace().join("target/xtask/ministack.log");
        let log = File::create(&log).map_err(|error| format!("cannot write its log: {error}"))?;
        let child = Command::new(tools.python_program("ministack"))
            .env("SERVICES", "s3")
            .env("BIND_HOST", Ipv4Addr::LOCALHOST.to_string())
            .env("GATEWAY_PORT", port.to_string())
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(|error| error.to_string())?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start ministack: {error}"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut server = Self { child, address };
        server.wait()?;
        say(&format!("ministack answers on {address}"));
        Ok(server)
    }

    /// Returns the environment variables under which the tests find the server and its tools.
    ///
    /// It is also the server that the tests of any server meet here.
    pub(crate) fn variables(&self, tools: &Tools) -> Vec<(&'static str, String)> {
        let program = |name| tools.python_program(name).display().to_string();
        vec![
            ("S3_TEST_ENDPOINT", format!("http://{}", self.address)),
            ("S3_TEST_ACCESS_KEY", KEY.to_owned()),
            ("S3_TEST_SECRET_KEY", KEY.to_owned()),
            ("MINIO_TEST_ENDPOINT", format!("http://{}", self.address)),
            ("MINIO_TEST_ACCESS_KEY", KEY.to_owned()),
            ("MINIO_TEST_SECRET_KEY", KEY.to_owned()),
            ("MINIO_TEST_REGION", "us-east-1".to_owned()),
            ("MINISTACK_BIN", program("ministack")),
            ("BOTO3_PYTHON", program("python")),
            ("REDISPY_PYTHON", program("python")),
            ("S3CMD_BIN", program("s3cmd")),
            ("OFFICIAL_FAL_PYTHON", program("python")),
            (
                "OFFICIAL_FAL_NODE_MODULES",
                tools.node_modules.display().to_string(),
            ),
        ]
    }

    /// Stops the server.
    pub(crate) fn stop(mut self) -> Outcome {
        self.end()
            .map_err(|error| format!("cannot stop ministack: {error}"))
    }

    fn wait(&mut self) -> Outcome {
        for _ in 0..LOOKS {
            if TcpStream::connect_timeout(&self.address, PAUSE).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!(
                    "ministack ended: {status}; see target/xtask/ministack.log"
                ));
            }
            sleep(PAUSE);
        }
        Err("ministack does not answer; see target/xtask/ministack.log".to_owned())
    }

    fn end(&mut self) -> std::io::Result<()> {
        if self.child.try_wait()?.is_none() {
            self.child.kill()?;
            self.child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            say(&format!("cannot stop ministack: {error}"));
        }
    }
}

fn free_port() -> Outcome<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
}
