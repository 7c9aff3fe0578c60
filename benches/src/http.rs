//! As much HTTP as it takes to ask a server of ours whether it is ready.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// The status with which a server answers a GET.
///
/// # Errors
/// Nobody listens, or the answer is not HTTP.
pub fn status(address: SocketAddr, path: &str) -> Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).context("connect")?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").context("send the request")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).context("read the answer")?;
    line.split(' ').nth(1).and_then(|status| status.parse().ok()).with_context(|| format!("not HTTP: {line:?}"))
}

/// An address of this machine on which nobody listens.
///
/// # Errors
/// The system has none left.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_status_is_read() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // All of it: what is closed with something unread is reset.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").unwrap();
            request
        });
        assert_eq!(status(address, "/readyz").unwrap(), 503);
        assert!(server.join().unwrap().starts_with(b"GET /readyz HTTP"));
    }
}
