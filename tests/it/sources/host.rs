//! A repository host on loopback: git's own `http-backend` behind a few lines of HTTP.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// How the host behaves.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    /// The `Authorization` header it insists on.
    pub(crate) authorization: Option<&'static str>,
    /// Where it sends every request.
    pub(crate) redirect: Option<String>,
}

/// A running host. It ends with the process.
pub(crate) struct Host {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Host {
    /// Serves the repositories in a folder.
    pub(crate) fn start(root: &Path, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (root, log) = (root.to_owned(), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (root, manner, log) = (root.clone(), manner.clone(), Arc::clone(&log));
                thread::spawn(move || serve(stream, &root, &manner, &log));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self, repo: &str) -> String {
        format!("http://127.0.0.1:{}/{repo}", self.port)
    }

    /// The same host under another name.
    pub(crate) fn url_by_name(&self, repo: &str) -> String {
        format!("http://localhost:{}/{repo}", self.port)
    }

    /// Every request so far: method, path, and what it was authorized by.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("the log").clone()
    }
}

fn serve(mut stream: TcpStream, root: &Path, manner: &Manner, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let request = Request::read(&stream)?;
    let authorization = request.headers.get("authorization").map_or("-", String::as_str);
    log.lock()
        .expect("the log")
        .push(format!("{} {} {authorization}", request.method, request.path));
    let answer = if let Some(target) = &manner.redirect {
        plain(
            "302 Found",
            &format!("Location: {target}{}?{}\r\n", request.path, request.query),
        )
    } else if manner.authorization.is_some_and(|wanted| wanted != authorization) {
        plain("401 Unauthorized", "WWW-Authenticate: Basic realm=\"host\"\r\n")
    } else {
        backend(&request, root.to_owned())?
    };
    stream.write_all(&answer)
}

fn plain(status: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

impl Request {
    pub(crate) fn read(stream: &TcpStream) -> io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let body = body(&mut reader, &headers)?;
        Ok(Self {
            method,
            path,
            query,
            headers,
            body,
        })
    }
}

fn body(reader: &mut BufReader<&TcpStream>, headers: &HashMap<String, String>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if headers
        .get("transfer-encoding")
        .is_some_and(|encoding| encoding == "chunked")
    {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
            reader.by_ref().take(size).read_to_end(&mut body)?;
            reader.read_line(&mut line)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    let size = headers
        .get("content-length")
        .and_then(|size| size.parse().ok())
        .unwrap_or(0);
    reader.by_ref().take(size).read_to_end(&mut body)?;
    Ok(body)
}

/// What git's own `http-backend` answers, over the repositories below `root`.
pub(crate) fn backend(request: &Request, root: PathBuf) -> io::Result<Vec<u8>> {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // Dropped at once, so that the backend sees the end of its input.
    child.stdin.take().expect("a pipe").write_all(&request.body)?;
    let output = child.wait_with_output()?.stdout;
    let end = output
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(output.len(), |end| end + 4);
    let (head, content) = output.split_at(end);
    let head = String::from_utf8_lossy(head);
    let status = head
        .lines()
        .find_map(|line| line.strip_prefix("Status: "))
        .unwrap_or("200 OK");
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n",
        content.len()
    )
    .into_bytes();
    answer.extend_from_slice(head.as_bytes());
    answer.extend_from_slice(content);
    Ok(answer)
}
