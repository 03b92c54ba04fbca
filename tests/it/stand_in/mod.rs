//! Stand-ins of the four repository hosts: people, repositories, roles, logins and tokens, moods, and git's own smart HTTP behind it all.
//!
//! They answer as the hosts' published interfaces say, and as real hosts were seen to. What a host does not have (a role, a visibility, a way
//! to switch code off) its stand-in does not have either.

mod interface;
mod logins;

use crate::sources::host::{Request, backend};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use louver::scope::HostKind;
use serde_json::Value;
use std::collections::HashMap;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) const CLIENT_ID: &str = "louver-client";
pub(crate) const CLIENT_SECRET: &str = "louver-client-secret";

/// A running stand-in. It ends with the process.
#[derive(Clone)]
pub(crate) struct StandIn {
    port: u16,
    pub(crate) kind: HostKind,
    state: Arc<Mutex<State>>,
}

/// Everything the host knows.
pub(crate) struct State {
    pub(crate) kind: HostKind,
    pub(crate) people: Vec<Person>,
    pub(crate) repos: Vec<Repo>,
    pub(crate) roles: HashMap<(u64, u64), Role>,
    /// Who is in which team, group or workspace.
    pub(crate) groups: Vec<(u64, String)>,
    pub(crate) mood: Mood,
    pub(crate) now: SystemTime,
    pub(crate) requests: Vec<String>,
    /// What the interface has answered when it was well.
    pub(crate) said: Vec<Said>,
    /// What louver's own credential was granted.
    pub(crate) own: Own,
    /// Access tokens: whose, and until when.
    tokens: HashMap<String, (u64, SystemTime)>,
    refresh_tokens: HashMap<String, u64>,
    codes: HashMap<String, logins::Code>,
    issued: u64,
}

/// A request to the interface, and the answer.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) answer: Value,
}

/// louver's own credential at the host.
pub(crate) struct Own {
    /// The public half of the App's key.
    pub(crate) key: Option<String>,
    /// Permissions of the App, or scopes of the token.
    pub(crate) rights: Vec<(&'static str, &'static str)>,
    pub(crate) events: Vec<&'static str>,
    pub(crate) is_suspended: bool,
    /// Repositories it is not given.
    pub(crate) unseen: Vec<u64>,
}

pub(crate) const APP: u64 = 3;
pub(crate) const INSTALLATION: u64 = 5;

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) is_external: bool,
}

#[derive(Clone)]
pub(crate) struct Repo {
    pub(crate) id: u64,
    /// `owner/name`, which may change.
    pub(crate) path: String,
    pub(crate) visibility: Visibility,
    pub(crate) has_code: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Private,
    Internal,
    Public,
}

/// What a person is to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Stranger,
    /// GitLab's Guest, Gitea's member of a team for issues.
    IssuesOnly,
    Reader,
    Writer,
    Admin,
}

/// How the host behaves to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// The interface answers with this status.
    Status(u16),
    /// Everything is down, logins too.
    Down,
    /// GitHub's way of saying "too often".
    RateLimited403,
    NotJson,
    /// The field the decision needs is not there.
    FieldMissing,
    /// It answers about another repository.
    OtherId,
    /// The interface sends the client to another machine.
    Redirect,
    /// It hangs up in the middle of an answer.
    CutOff,
    /// More than any answer may be.
    Endless,
    /// The interface says yes, git says no.
    GitRefuses,
    /// The interface says yes, git is down.
    GitDown,
    /// Git sends a page for people.
    GitLoginPage,
}

pub(crate) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl StandIn {
    /// Starts a host whose repositories all hold what `bare` holds.
    pub(crate) fn start(kind: HostKind, bare: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State {
            kind,
            people: Vec::new(),
            repos: Vec::new(),
            roles: HashMap::new(),
            groups: Vec::new(),
            mood: Mood::Well,
            now: UNIX_EPOCH + Duration::from_secs(1_790_000_000),
            requests: Vec::new(),
            said: Vec::new(),
            own: Own {
                key: None,
                rights: vec![("metadata", "read"), ("read_api", "")],
                events: Vec::new(),
                is_suspended: false,
                unseen: Vec::new(),
            },
            tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
            codes: HashMap::new(),
            issued: 0,
        }));
        let (own, bare) = (Arc::clone(&state), bare.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, bare) = (Arc::clone(&own), bare.clone());
                thread::spawn(move || serve(stream, &state, &bare, port));
            }
        });
        Self { port, kind, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("unpoisoned")
    }

    /// Its table of the scope file; `secrets` holds the file of its client secret.
    pub(crate) fn table(&self, secrets: &Path, more: &str) -> String {
        let (kind, url) = (self.kind.as_str(), self.url());
        let api = match self.kind {
            HostKind::GitHub => "/api/v3",
            HostKind::GitLab => "/api/v4",
            HostKind::Bitbucket => "/2.0",
            HostKind::Gitea | HostKind::Static => "/api/v1",
        };
        let file = secrets.join("client-secret");
        std::fs::write(&file, CLIENT_SECRET).expect("written");
        format!(
            "\n[[host]]\nname = \"{kind}\"\nkind = \"{kind}\"\nurl = \"{url}\"\napi_url = \"{url}{api}\"\n\
             client_id = \"{CLIENT_ID}\"\nclient_secret_file = {:?}\n{more}\n",
            file.display().to_string()
        )
    }

    /// The settings with which louver keeps no tokens of people, where the host has a way for that.
    pub(crate) fn identity_only(&self, secrets: &Path) -> String {
        let file = |name: &str| secrets.join(format!("{}-{name}", self.kind.as_str()));
        match self.kind {
            HostKind::GitHub => {
                let key = file("app.pem");
                let path = key.display().to_string();
                let made = run(
                    "ssh-keygen",
                    &["-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", &path],
                );
                assert!(made.is_empty(), "{made}");
                self.state().own.key = Some(run("ssh-keygen", &["-e", "-m", "PKCS8", "-f", &path]));
                format!(
                    "identity_only = true\napp_id = {APP}\ninstallation_id = {INSTALLATION}\napp_key_file = {path:?}"
                )
            }
            HostKind::GitLab | HostKind::Bitbucket => {
                let token = file("service");
                std::fs::write(&token, interface::SERVICE_TOKEN).expect("written");
                format!(
                    "identity_only = true\nservice_token_file = {:?}",
                    token.display().to_string()
                )
            }
            HostKind::Gitea | HostKind::Static => String::new(),
        }
    }

    /// How the scope file binds a repository of the host.
    pub(crate) fn binding(&self, id: u64) -> String {
        match self.kind {
            HostKind::Bitbucket => format!("host = \"bitbucket\"\nid = \"{}\"", uuid(id)),
            kind => format!("host = \"{}\"\nid = {id}", kind.as_str()),
        }
    }

    /// Adds a person.
    pub(crate) fn person(&self, id: u64, login: &str) {
        self.state().people.push(Person {
            id,
            login: login.to_owned(),
            is_external: false,
        });
    }

    /// Adds a repository.
    pub(crate) fn repo(&self, id: u64, path: &str, visibility: Visibility, has_code: bool) {
        self.state().repos.push(Repo {
            id,
            path: path.to_owned(),
            visibility,
            has_code,
        });
    }

    pub(crate) fn role(&self, person: u64, repo: u64, role: Role) {
        self.state().roles.insert((person, repo), role);
    }

    /// Puts a person into a team, group or workspace, or takes them out.
    pub(crate) fn member(&self, person: u64, group: &str, is_in: bool) {
        let mut state = self.state();
        state.groups.retain(|it| *it != (person, group.to_owned()));
        if is_in {
            state.groups.push((person, group.to_owned()));
        }
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Ends every access token of a person, as a host does that revokes an application.
    pub(crate) fn revoke_tokens(&self, person: u64) {
        let mut state = self.state();
        state.tokens.retain(|_, (whose, _)| *whose != person);
        state.refresh_tokens.retain(|_, whose| *whose != person);
    }

    /// The access tokens of a person, as the host gave them out.
    pub(crate) fn tokens_of(&self, person: u64) -> Vec<String> {
        let state = self.state();
        let own = state.tokens.iter().filter(|(_, (whose, _))| *whose == person);
        own.map(|(token, _)| token.clone()).collect()
    }

    /// How many requests there have been whose line contains `part`.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.state().requests.iter().filter(|line| line.contains(part)).count()
    }

    /// Whether any request had a token in it that this host never issued or that is in its address.
    pub(crate) fn forget_requests(&self) {
        self.state().requests.clear();
    }
}

impl State {
    fn role_of(&self, person: u64, repo: &Repo) -> Role {
        self.roles.get(&(person, repo.id)).copied().unwrap_or(Role::Stranger)
    }

    fn is_shown(&self, person: &Person, repo: &Repo) -> bool {
        self.role_of(person.id, repo) > Role::Stranger || self.is_open_to(person, repo)
    }

    fn is_open_to(&self, person: &Person, repo: &Repo) -> bool {
        match repo.visibility {
            Visibility::Public => true,
            Visibility::Internal => !person.is_external,
            Visibility::Private => false,
        }
    }

    fn reads_code(&self, person: &Person, repo: &Repo) -> bool {
        repo.has_code && (self.role_of(person.id, repo) >= Role::Reader || self.is_open_to(person, repo))
    }

    fn holder(&self, token: &str) -> Option<Person> {
        let (id, until) = self.tokens.get(token).copied()?;
        let person = self.people.iter().find(|person| person.id == id)?;
        (self.now < until).then(|| person.clone())
    }
}

impl Response {
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: value.to_string().into_bytes(),
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::json(status, &serde_json::json!({ "message": "no" }))
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>, bare: &Path, port: u16) {
    let Ok(request) = Request::read(&stream) else { return };
    let mood = {
        let mut state = state.lock().expect("unpoisoned");
        state.requests.push(format!("{} {}", request.method, request.path));
        state.mood
    };
    let bytes = if request.path.contains(".git/") {
        git(&request, state, bare, mood)
    } else {
        in_mood(&request, state, mood, port)
    };
    // A client that has had enough hangs up.
    drop(stream.write_all(&bytes));
}

fn in_mood(request: &Request, state: &Mutex<State>, mood: Mood, port: u16) -> Vec<u8> {
    let is_about_a_repo = ["/repositories/", "/projects/"]
        .iter()
        .any(|part| request.path.contains(part));
    let is_login = request.path.contains("oauth");
    match mood {
        // A refusal is about a repository, a bad token about the interface.
        Mood::Status(403 | 404 | 410) if !is_about_a_repo => (),
        Mood::Down => return Response::status(503).bytes(),
        _ if is_login => (),
        Mood::Status(status) => return Response::status(status).bytes(),
        Mood::RateLimited403 => {
            return Response::status(403).with("X-RateLimit-Remaining", "0").bytes();
        }
        Mood::NotJson => {
            return Response {
                status: 200,
                headers: Vec::new(),
                body: b"<html>".to_vec(),
            }
            .bytes();
        }
        Mood::Redirect => {
            let target = format!("http://localhost:{port}{}", request.path);
            return Response::status(302).with("Location", &target).bytes();
        }
        Mood::Endless => {
            let mut answer = Response::status(200);
            answer.body = vec![b' '; (4 << 20) + 2];
            return answer.bytes();
        }
        _ => (),
    }
    let mut state = state.lock().expect("unpoisoned");
    let response = logins::answer(&mut state, request).unwrap_or_else(|| {
        let response = interface::answer(&state, request, mood);
        if response.status < 300 && mood == Mood::Well {
            state.said.push(Said {
                method: request.method.clone(),
                path: request.path.clone(),
                query: request.query.clone(),
                answer: serde_json::from_slice(&response.body).expect("JSON"),
            });
        }
        response
    });
    let mut bytes = response.bytes();
    if mood == Mood::CutOff {
        bytes.truncate(bytes.len() - response.body.len() / 2 - 1);
    }
    bytes
}

/// Git over HTTP, for whoever may read the code.
fn git(request: &Request, state: &Mutex<State>, bare: &Path, mood: Mood) -> Vec<u8> {
    let (path, rest) = request
        .path
        .trim_start_matches('/')
        .split_once(".git/")
        .expect("a git path");
    {
        let state = state.lock().expect("unpoisoned");
        let Some(person) = basic(request).and_then(|(_, token)| state.holder(&token)) else {
            return Response::status(401)
                .with("WWW-Authenticate", "Basic realm=\"git\"")
                .bytes();
        };
        let repo = state.repos.iter().find(|repo| repo.path == path);
        match repo {
            Some(repo) if state.reads_code(&person, repo) => (),
            Some(repo) if state.is_shown(&person, repo) => return Response::status(403).bytes(),
            _ => return Response::status(404).bytes(),
        }
    }
    match mood {
        Mood::GitRefuses => return Response::status(403).bytes(),
        Mood::GitDown => return Response::status(502).bytes(),
        Mood::GitLoginPage => {
            let page = Response {
                status: 200,
                headers: vec![("Content-Type".to_owned(), "text/html".to_owned())],
                body: b"<html>".to_vec(),
            };
            return page.bytes();
        }
        _ => (),
    }
    let root = bare.parent().expect("a parent").to_owned();
    let name = bare.file_name().expect("a name").to_string_lossy();
    let request = Request {
        path: format!("/{name}/{rest}"),
        ..request.clone()
    };
    backend(&request, root).expect("git answers")
}

/// What a program prints.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The user and password of a request.
pub(crate) fn basic(request: &Request) -> Option<(String, String)> {
    let coded = request.headers.get("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(coded).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Bitbucket's name for what others number.
pub(crate) fn uuid(id: u64) -> String {
    format!("{{00000000-0000-4000-8000-{id:012}}}")
}
