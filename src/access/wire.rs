//! HTTP as hosts are spoken to: no redirects, little patience, bounded answers, and every status read the strict way.

use super::{CodeAccess, HostError, Secret};
use http::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::blocking::{Client, Request, RequestBuilder};
use reqwest::redirect::Policy;
use serde::de::DeserializeOwned;
use std::io::Read as _;
use std::sync::LazyLock;
use std::time::Duration;
use url::Url;

/// No answer louver asks for is longer.
const MOST_BYTES: u64 = 4 << 20;
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);

/// One client for all hosts, never dropped: a blocking client must not end inside an asynchronous task.
///
/// A token goes where the scope file says and nowhere else, so a redirect is an answer that cannot be used.
static CLIENT: LazyLock<Result<Client, String>> = LazyLock::new(|| {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .user_agent(concat!("louver/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|err| err.to_string())
});

/// The line to one host.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    host: String,
}

/// How a request says who makes it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Login<'a> {
    /// `Authorization: Bearer`.
    Bearer(&'a Secret),
    /// `Authorization: Basic`.
    Basic(&'a str, &'a Secret),
}

/// What a host said: something, or that the person may not see it.
#[derive(Debug)]
pub(super) enum Said<T> {
    /// It answered.
    Yes(T),
    /// 403, 404, 410 or 451.
    No,
}

impl Wire {
    pub(super) fn to(host: &str) -> Self {
        Self { host: host.to_owned() }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Asks for a JSON value of a known shape. A field that is missing makes the answer garbage.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        url: Url,
        login: Login<'_>,
        headers: &[(&'static str, &str)],
    ) -> Result<Said<T>, HostError> {
        let mut request = self.client()?.get(url).header("accept", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match self.send(authorized(request, login))? {
            Said::No => Ok(Said::No),
            Said::Yes((_, body)) => self.parse(&body).map(Said::Yes),
        }
    }

    /// Sends a JSON value and does not care for the answer beyond its status.
    pub(super) fn tell(
        &self,
        method: http::Method,
        url: Url,
        login: Login<'_>,
        body: &serde_json::Value,
    ) -> Result<Said<Vec<u8>>, HostError> {
        let request = self
            .client()?
            .request(method, url)
            .header("accept", "application/json")
            .json(body);
        Ok(match self.send(authorized(request, login))? {
            Said::Yes((_, body)) => Said::Yes(body),
            Said::No => Said::No,
        })
    }

    pub(super) fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, HostError> {
        // The error says where and what type, and quotes nothing of the answer.
        serde_json::from_slice(body)
            .map_err(|err| self.garbage(format!("{:?} at column {}", err.classify(), err.column())))
    }

    /// Asks whether git would be allowed to fetch: the same question at every host, and nothing but code answers it.
    pub(super) fn git_probe(
        &self,
        base: &Url,
        path: &str,
        user: &str,
        token: &Secret,
    ) -> Result<CodeAccess, HostError> {
        let url = self.below(base, &format!("{path}.git/info/refs?service=git-upload-pack"))?;
        let request = self.client()?.get(url).header("git-protocol", "version=2");
        let request = authorized(request, Login::Basic(user, token));
        let (headers, body) = match self.send(request) {
            Ok(Said::Yes(answer)) => answer,
            // The interface has just taken the same token, so this is about the repository.
            Ok(Said::No) | Err(HostError::Unauthorized { .. }) => return Ok(CodeAccess::Denied),
            Err(err) => return Err(err),
        };
        let is_git = headers
            .get("content-type")
            .is_some_and(|it| it == "application/x-git-upload-pack-advertisement");
        let speaks = body.starts_with(b"001e# service=git-upload-pack") || body.starts_with(b"000eversion 2");
        if is_git && speaks {
            Ok(CodeAccess::Readable)
        } else {
            Err(self.garbage("the answer to `info/refs` is not git's".to_owned()))
        }
    }

    /// An address below a base, which may itself have a path.
    pub(super) fn below(&self, base: &Url, path: &str) -> Result<Url, HostError> {
        let text = format!("{}/{path}", base.as_str().trim_end_matches('/'));
        Url::parse(&text).map_err(|err| self.garbage(err.to_string()))
    }

    /// What the `oauth2` crate sends requests with.
    pub(super) fn exchange(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, HostError> {
        let request = Request::try_from(request).map_err(|err| self.garbage(err.to_string()))?;
        let client = self.client()?;
        let answer = client.execute(request).map_err(|err| self.unavailable(&err))?;
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 || status.as_u16() == 408 {
            return Err(self.busy(status.as_u16()));
        }
        if status.is_redirection() {
            return Err(self.garbage("a redirect from the token endpoint".to_owned()));
        }
        let body = self.body(answer)?;
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        Ok(response)
    }

    pub(super) fn garbage(&self, cause: String) -> HostError {
        HostError::Garbage {
            host: self.host.clone(),
            cause,
        }
    }

    pub(super) fn unauthorized(&self) -> HostError {
        HostError::Unauthorized {
            host: self.host.clone(),
        }
    }

    pub(super) fn setup(&self, advice: String) -> HostError {
        HostError::Setup {
            host: self.host.clone(),
            advice,
        }
    }

    fn client(&self) -> Result<&'static Client, HostError> {
        CLIENT.as_ref().map_err(|cause| HostError::Unavailable {
            host: self.host.clone(),
            cause: cause.clone(),
        })
    }

    fn send(&self, request: RequestBuilder) -> Result<Said<(HeaderMap, Vec<u8>)>, HostError> {
        let answer = request.send().map_err(|err| self.unavailable(&err))?;
        let status = answer.status().as_u16();
        match status {
            200..=299 => {
                let headers = answer.headers().clone();
                Ok(Said::Yes((headers, self.body(answer)?)))
            }
            401 => Err(self.unauthorized()),
            403 if is_rate_limit(answer.headers()) => Err(self.busy(status)),
            403 | 404 | 410 | 451 => Ok(Said::No),
            408 | 429 | 500..=599 => Err(self.busy(status)),
            other => Err(self.garbage(format!("status {other}"))),
        }
    }

    fn body(&self, answer: reqwest::blocking::Response) -> Result<Vec<u8>, HostError> {
        let promised: Option<u64> = answer
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|it| it.to_str().ok()?.parse().ok());
        let too_long = || self.garbage(format!("more than {MOST_BYTES} bytes"));
        if promised.is_some_and(|length| length > MOST_BYTES) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        let read = answer.take(MOST_BYTES + 1).read_to_end(&mut body);
        read.map_err(|err| HostError::Unavailable {
            host: self.host.clone(),
            cause: err.kind().to_string(),
        })?;
        if body.len() as u64 > MOST_BYTES {
            return Err(too_long());
        }
        Ok(body)
    }

    fn busy(&self, status: u16) -> HostError {
        HostError::Unavailable {
            host: self.host.clone(),
            cause: format!("status {status}"),
        }
    }

    /// The error names no address: it could hold a code.
    fn unavailable(&self, err: &reqwest::Error) -> HostError {
        let cause = if err.is_timeout() {
            "no answer in time"
        } else if err.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        HostError::Unavailable {
            host: self.host.clone(),
            cause: cause.to_owned(),
        }
    }
}

/// What a host said, or nothing of it if the person may not see it.
pub(super) fn or_none<T: Default>(said: Said<T>) -> T {
    match said {
        Said::Yes(answer) => answer,
        Said::No => T::default(),
    }
}

fn authorized(request: RequestBuilder, login: Login<'_>) -> RequestBuilder {
    match login {
        Login::Bearer(token) => request.bearer_auth(token.reveal()),
        Login::Basic(user, token) => request.basic_auth(user, Some(token.reveal())),
    }
}

/// GitHub says 403 when it means "too often"; that is no word about the person.
fn is_rate_limit(headers: &HeaderMap) -> bool {
    headers.contains_key("retry-after") || headers.get("x-ratelimit-remaining").is_some_and(|left| left == "0")
}

/// A repository's path as a host writes it, if it can be put into an address as it is.
pub(super) fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| {
            !matches!(part, "" | "." | "..")
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~' | b'+'))
        })
}
