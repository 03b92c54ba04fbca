//! Fetches the approved branch of a remote repository into its mirror.

use super::credential::{self, CredentialFault};
use super::error::SourceError;
use super::repository;
use crate::scope::{ApprovedRepo, Reference};
use git2::{AutotagOption, ErrorClass, ErrorCode, FetchOptions, Oid, RemoteCallbacks, RemoteRedirect};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The one reference of a mirror: the approved branch as it was last fetched.
pub(super) const FETCHED: &str = "refs/louver/head";

/// Where a fetch leaves its result until somebody takes it over: one that was given up may still end.
const INCOMING: &str = "refs/louver/incoming";

/// How long a host may stay silent. Hosts that pack a large repository first are silent for seconds, not for minutes.
const SILENCE: Duration = Duration::from_secs(120);

/// A host is offered a credential this often: a second time because a token may have just been renewed.
const CREDENTIAL_TRIES: usize = 2;

/// How far a fetch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchProgress {
    /// Objects received so far.
    pub received_objects: usize,
    /// Objects there will be, or 0 while it is not known.
    pub total_objects: usize,
    /// Bytes received so far.
    pub received_bytes: usize,
}

/// What the thread that fetches tells the one that waits.
enum Event {
    Progress(FetchProgress),
    Done(Result<Oid, SourceError>),
}

/// What a fetch needs to know, and how it reports.
struct Job {
    repo: ApprovedRepo,
    url: String,
    events: Sender<Event>,
    /// Set when nobody waits for the fetch any more, so that it ends soon.
    abandoned: Arc<AtomicBool>,
    fault: Mutex<Option<CredentialFault>>,
}

/// A reference the host advertises.
struct Head {
    name: String,
    id: Oid,
}

/// Fetches the approved branch, as deep as the scope says, into the mirror at `path`.
///
/// The transfer runs in a thread of its own, because the git library has no time limit that can be set safely: a host that goes silent is given up.
pub(super) fn fetch(
    repo: &ApprovedRepo,
    url: &str,
    path: &Path,
    progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
) -> Result<(), SourceError> {
    fetch_within(SILENCE, repo, url, path, progress)
}

fn fetch_within(
    silence: Duration,
    repo: &ApprovedRepo,
    url: &str,
    path: &Path,
    progress: &mut dyn FnMut(FetchProgress) -> ControlFlow<()>,
) -> Result<(), SourceError> {
    let (events, received) = mpsc::channel();
    let abandoned = Arc::new(AtomicBool::new(false));
    let job = Job {
        repo: repo.clone(),
        url: url.to_owned(),
        events,
        abandoned: Arc::clone(&abandoned),
        fault: Mutex::new(None),
    };
    let folder = path.to_owned();
    thread::spawn(move || {
        let result = job.run(&folder);
        // Nobody listens any more once the fetch is abandoned.
        drop(job.events.send(Event::Done(result)));
    });
    loop {
        let end = match received.recv_timeout(silence) {
            Ok(Event::Done(result)) => return take_over(repo, path, result?),
            Ok(Event::Progress(step)) if progress(step).is_continue() => continue,
            Ok(Event::Progress(_)) => SourceError::Stopped {
                repo: repo.name().clone(),
            },
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => SourceError::Stalled {
                repo: repo.name().clone(),
                url: url.to_owned(),
                seconds: silence.as_secs(),
            },
        };
        abandoned.store(true, Ordering::SeqCst);
        return Err(end);
    }
}

/// Makes a fetched commit the one that is read.
fn take_over(repo: &ApprovedRepo, path: &Path, commit: Oid) -> Result<(), SourceError> {
    let git = repository::open(repo, path)?;
    let moved = git.reference(FETCHED, commit, true, "fetched");
    moved
        .and_then(|_| git.find_reference(INCOMING)?.delete())
        .map_err(|source| repository::damaged(repo, source))
}

impl Job {
    fn run(&self, path: &Path) -> Result<Oid, SourceError> {
        let git = repository::open(&self.repo, path)?;
        let wanted = self.wanted();
        let mut remote = git.remote_anonymous(&self.url).map_err(|error| self.error(error))?;
        let refspec = format!("+{wanted}:{INCOMING}");
        let fetched = remote.fetch(&[refspec], Some(&mut self.options()), None);
        fetched.map_err(|error| self.error(error))?;
        let advertised = remote.list().map_err(|error| self.error(error))?;
        let heads: Vec<Head> = advertised
            .iter()
            .map(|head| Head {
                name: head.name().to_owned(),
                id: head.oid(),
            })
            .collect();
        let Some(tip) = heads.iter().find(|head| head.name == wanted) else {
            let branches = heads
                .iter()
                .filter_map(|head| head.name.strip_prefix("refs/heads/").map(str::to_owned));
            return Err(repository::nothing_at(&self.repo, branches.collect()));
        };
        let stored = git.refname_to_id(INCOMING).map_err(|error| self.error(error))?;
        if stored == tip.id {
            return Ok(stored);
        }
        Err(self.error(git2::Error::from_str("the host sent another commit than it announced")))
    }

    /// Returns the reference on the host that is approved.
    fn wanted(&self) -> String {
        match self.repo.reference() {
            Reference::Head => "HEAD".to_owned(),
            Reference::Branch(branch) if branch == "HEAD" => "HEAD".to_owned(),
            Reference::Branch(branch) => format!("refs/heads/{branch}"),
            Reference::Tag(tag) => format!("refs/tags/{tag}"),
        }
    }

    fn options(&self) -> FetchOptions<'_> {
        let mut options = FetchOptions::new();
        options
            .depth(i32::try_from(self.repo.history()).unwrap_or(1))
            .download_tags(AutotagOption::None)
            .update_fetchhead(false)
            .follow_redirects(RemoteRedirect::None)
            .remote_callbacks(self.callbacks());
        options
    }

    fn callbacks(&self) -> RemoteCallbacks<'_> {
        let mut callbacks = RemoteCallbacks::new();
        let mut tries = 0;
        callbacks.credentials(move |_, account, allowed| {
            tries += 1;
            if tries > CREDENTIAL_TRIES {
                return Err(git2::Error::new(ErrorCode::Auth, ErrorClass::Callback, "refused"));
            }
            credential::answer(self.repo.credential(), account, allowed).map_err(|fault| {
                if let Ok(mut slot) = self.fault.lock() {
                    *slot = Some(fault);
                }
                git2::Error::new(ErrorCode::User, ErrorClass::Callback, "no credential")
            })
        });
        callbacks.transfer_progress(|step| {
            self.report(FetchProgress {
                received_objects: step.received_objects(),
                total_objects: step.total_objects(),
                received_bytes: step.received_bytes(),
            })
        });
        callbacks.sideband_progress(|_| self.report(FetchProgress::default()));
        callbacks
    }

    /// Says whether to go on.
    fn report(&self, step: FetchProgress) -> bool {
        !self.abandoned.load(Ordering::SeqCst) && self.events.send(Event::Progress(step)).is_ok()
    }

    /// Finds out what went wrong; the git library tells some of it by its message only.
    fn error(&self, source: git2::Error) -> SourceError {
        let (repo, url) = (self.repo.name().clone(), self.url.clone());
        if let Some(fault) = self.fault.lock().ok().and_then(|mut slot| slot.take()) {
            return SourceError::Credential { repo, fault };
        }
        let says = |text: &str| source.message().contains(text);
        match source.code() {
            ErrorCode::Auth => SourceError::Refused { repo },
            _ if says("status code: 401") || says("status code: 403") || says("authentication replays") => {
                SourceError::Refused { repo }
            }
            _ if says("status code: 404") => SourceError::NotFound { repo, url },
            _ if says("cannot redirect") || says("unexpected redirect") => SourceError::Redirected { repo, url },
            _ => SourceError::Fetch { repo, url, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceError, fetch_within};
    use crate::scope::{RepoName, Scope};
    use std::net::TcpListener;
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn a_host_that_never_answers_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/a", listener.local_addr().expect("an address"));
        let text = format!("version = 1\n[[repo]]\nname = \"a\"\nowner = \"o\"\ntier = \"public\"\nurl = \"{url}\"");
        let scope = Scope::parse(&text, Path::new("louver.toml")).expect("a good file");
        let repo = scope
            .approve(&RepoName::new("a").expect("a good name"))
            .expect("approved");
        let folder = tempfile::tempdir().expect("a folder");
        git2::Repository::init_bare(folder.path()).expect("a mirror");
        let silence = Duration::from_millis(200);
        let error = fetch_within(silence, &repo, &url, folder.path(), &mut |_| ControlFlow::Continue(()));
        assert!(matches!(error, Err(SourceError::Stalled { .. })), "{error:?}");
    }
}
