//! Syslog over TCP or TLS: messages of RFC 5424, each with its length in front as RFC 6587 and RFC 5425 have it.

use super::stream::Failure;
use crate::scope::StreamTarget;
use native_tls::{Certificate, TlsConnector, TlsStream};
use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// One connection.
pub(super) struct Syslog {
    connection: Connection,
}

enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Syslog {
    /// Connects; with TLS, to a machine that is who the scope file says.
    pub(super) fn connect(to: &StreamTarget) -> Result<Self, Failure> {
        let StreamTarget::Syslog {
            host,
            port,
            tls,
            ca_file,
        } = to
        else {
            return Err("this stream is not for syslog".into());
        };
        let mut refused: Option<std::io::Error> = None;
        let addresses = (host.as_str(), *port).to_socket_addrs()?;
        let stream = addresses
            .into_iter()
            .find_map(|address| {
                let made = TcpStream::connect_timeout(&address, PATIENCE);
                made.map_err(|error| refused = Some(error)).ok()
            })
            .ok_or_else(|| refused.map_or_else(|| Failure::from("the machine has no address"), Into::into))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let connection = if *tls {
            let mut builder = TlsConnector::builder();
            if let Some(path) = ca_file {
                builder.disable_built_in_roots(true);
                for certificate in certificates(&fs::read(path)?)? {
                    builder.add_root_certificate(certificate);
                }
            }
            let secured = builder
                .build()?
                .connect(host, stream)
                .map_err(|error| error.to_string())?;
            Connection::Tls(Box::new(secured))
        } else {
            Connection::Plain(stream)
        };
        Ok(Self { connection })
    }

    /// Sends messages. That the other side has them shows only in that the connection stays ([`Self::check`]).
    pub(super) fn send(&mut self, messages: &[String]) -> Result<(), Failure> {
        let framed: String = messages
            .iter()
            .map(|message| format!("{} {message}", message.len()))
            .collect();
        let out: &mut dyn Write = match &mut self.connection {
            Connection::Plain(stream) => stream,
            Connection::Tls(stream) => stream,
        };
        out.write_all(framed.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Fails when the other side has closed the connection.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let stream = match &self.connection {
            Connection::Plain(stream) => stream,
            Connection::Tls(stream) => stream.get_ref(),
        };
        if is_alive(stream) {
            Ok(())
        } else {
            Err("the other side closed the connection".into())
        }
    }
}

/// A peer that is gone has closed its side; one that is there says nothing.
fn is_alive(stream: &TcpStream) -> bool {
    let mut byte = [0; 1];
    let wait = Duration::from_millis(5);
    let asked = stream
        .set_read_timeout(Some(wait))
        .and_then(|()| stream.peek(&mut byte));
    drop(stream.set_read_timeout(Some(PATIENCE)));
    match asked {
        Ok(0) => false,
        Ok(_) => true,
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

/// The certificates of a PEM file.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Failure> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::str::from_utf8(pem)?;
    let found: Result<Vec<_>, _> = text
        .split_inclusive(END)
        .filter(|part| part.contains("-----BEGIN CERTIFICATE-----"))
        .map(|part| Certificate::from_pem(part.trim_start().as_bytes()))
        .collect();
    let found = found?;
    if found.is_empty() {
        return Err("the file of certificates holds none".into());
    }
    Ok(found)
}
