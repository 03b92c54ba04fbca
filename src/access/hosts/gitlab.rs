//! GitLab, gitlab.com or self-managed.

use super::{Endpoints, Parts};
use crate::access::listing::pages;
use crate::access::upstream::Upstream;
use crate::access::wire::{Login, Said, is_plain_path, or_none};
use crate::access::{CodeAccess, CodeHost, Granted, HostError, HostToken, Listed, Secret, Subject};
use crate::scope::{ApprovedRepo, ServiceCredential};
use serde::Deserialize;
use serde_json::json;
use url::Url;

/// The most entries GitLab puts on a page.
const PAGE: usize = 100;
/// Reporter: the lowest role that always reads code.
const REPORTER: u64 = 20;
/// Guest: the lowest role of a member.
const GUEST: u64 = 10;

pub(super) struct GitLab {
    parts: Parts,
    upstream: Upstream,
    service: Option<Secret>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    username: String,
    state: String,
}

/// A project. Its default branch is told only to those who may see the code.
#[derive(Deserialize)]
struct Project {
    id: u64,
    path_with_namespace: String,
    default_branch: Option<String>,
}

/// A project as louver's own account sees it.
#[derive(Deserialize)]
struct Settings {
    id: u64,
    repository_access_level: String,
}

#[derive(Deserialize)]
struct TokenInfo {
    scopes: Vec<String>,
    expires_at: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    id: u64,
    state: String,
    access_level: u64,
}

impl GitLab {
    pub(super) fn new(parts: Parts) -> Result<Self, HostError> {
        let service = match &parts.remote.service {
            Some(ServiceCredential::Token(source)) => {
                Some(Secret::from_source(source).map_err(|err| parts.wire.setup(err.to_string()))?)
            }
            _ => None,
        };
        let upstream = parts.upstream(Endpoints {
            authorize: "oauth/authorize",
            token: "oauth/token",
            scopes: if service.is_some() {
                &["read_user"]
            } else {
                // The second is for git, which asks the same question a second way.
                &["read_api", "read_repository"]
            },
            auth_type: oauth2::AuthType::RequestBody,
            pkce: true,
        })?;
        Ok(Self {
            parts,
            upstream,
            service,
        })
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str, token: &Secret) -> Result<Said<T>, HostError> {
        let wire = &self.parts.wire;
        wire.get(wire.below(&self.parts.remote.api_url, path)?, Login::Bearer(token), &[])
    }

    fn bad_shape(&self) -> HostError {
        self.parts
            .wire
            .garbage("another project than was asked about".to_owned())
    }

    /// A refusal of louver's own credential says nothing about the person who asks.
    fn own<T>(&self, said: Result<T, HostError>) -> Result<T, HostError> {
        said.map_err(|err| match err {
            HostError::Unauthorized { .. } => self
                .parts
                .wire
                .setup("it does not take the service token; make a new one with `read_api`".to_owned()),
            other => other,
        })
    }
}

impl CodeHost for GitLab {
    fn name(&self) -> &str {
        self.parts.wire.host()
    }

    fn source(&self) -> &'static str {
        if self.identity_only() {
            "gitlab-membership"
        } else {
            "gitlab-api+git-probe"
        }
    }

    fn identity_only(&self) -> bool {
        self.service.is_some()
    }

    fn authorize_url(&self, state: &str, pkce_challenge: &str, redirect_uri: &str) -> Result<Url, HostError> {
        self.upstream.authorize_url(state, pkce_challenge, redirect_uri)
    }

    fn exchange(&self, code: &str, pkce_verifier: &str, redirect_uri: &str) -> Result<HostToken, HostError> {
        self.upstream.exchange(code, pkce_verifier, redirect_uri)
    }

    fn refresh(&self, token: &HostToken, redirect_uri: &str) -> Result<HostToken, HostError> {
        self.upstream.refresh(token, redirect_uri)
    }

    fn account(&self, token: &HostToken) -> Result<Subject, HostError> {
        match self.get("user", &token.access)? {
            Said::Yes(User { id, username, state }) if state == "active" => Ok(Subject {
                issuer: self.name().to_owned(),
                id: id.to_string(),
                login: username,
            }),
            Said::Yes(_) | Said::No => Err(self.parts.wire.unauthorized()),
        }
    }

    fn code_access(&self, token: &HostToken, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let Some(id) = self.parts.id_of(repo) else {
            return Ok(CodeAccess::Denied);
        };
        let Said::Yes(found) = self.get(&format!("projects/{id}"), &token.access)? else {
            return Ok(CodeAccess::Denied);
        };
        let Project {
            id: found_id,
            path_with_namespace,
            default_branch,
        } = found;
        if found_id.to_string() != id || !is_plain_path(&path_with_namespace) {
            return Err(self.bad_shape());
        }
        if default_branch.is_none() {
            return Ok(CodeAccess::Denied);
        }
        self.code_access_at(token, &path_with_namespace)
    }

    fn in_group(&self, token: &HostToken, subject: &Subject, group: &str) -> Result<bool, HostError> {
        // Members of groups above are members too.
        let path = format!("groups/{}/members/all/{}", group.replace('/', "%2F"), subject.id);
        let Said::Yes(member) = self.get(&path, &token.access)? else {
            return Ok(false);
        };
        let Member {
            id,
            state,
            access_level,
        } = member;
        if id.to_string() != subject.id {
            return Err(self.bad_shape());
        }
        Ok(state == "active" && access_level >= GUEST)
    }

    fn listed(&self, token: &HostToken, wanted: &[&str]) -> Result<Listed, HostError> {
        pages(PAGE, wanted, |page, listed| {
            let path = format!("projects?membership=true&simple=true&order_by=id&per_page={PAGE}&page={page}");
            let found = or_none(self.get::<Vec<Project>>(&path, &token.access)?);
            let entries = found.len();
            // Where the list does not tell the default branch, the project is asked about by itself.
            let readable = found
                .into_iter()
                .filter(|it| it.default_branch.is_some() && is_plain_path(&it.path_with_namespace));
            listed.extend(readable.map(|it| (it.id.to_string(), it.path_with_namespace)));
            Ok(entries)
        })
    }

    fn code_access_at(&self, token: &HostToken, path: &str) -> Result<CodeAccess, HostError> {
        let base = &self.parts.remote.url;
        self.parts.wire.git_probe(base, path, "oauth2", &token.access)
    }

    fn code_access_of(&self, subject: &Subject, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let (Some(service), Some(id)) = (&self.service, self.parts.id_of(repo)) else {
            return Ok(CodeAccess::Denied);
        };
        let Said::Yes(found) = self.own(self.get(&format!("projects/{id}"), service))? else {
            return Ok(CodeAccess::Denied);
        };
        let Settings {
            id: found_id,
            repository_access_level,
        } = found;
        let path = format!("projects/{id}/members/all/{}", subject.id);
        let Said::Yes(member) = self.own(self.get(&path, service))? else {
            return Ok(CodeAccess::Denied);
        };
        let Member {
            id: member_id,
            state,
            access_level,
        } = member;
        if found_id.to_string() != id || member_id.to_string() != subject.id {
            return Err(self.bad_shape());
        }
        let reads = repository_access_level != "disabled" && state == "active" && access_level >= REPORTER;
        Ok(if reads {
            CodeAccess::Readable
        } else {
            CodeAccess::Denied
        })
    }

    fn alive(&self, token: Option<&HostToken>) -> Result<(), HostError> {
        match (token, &self.service) {
            (Some(token), _) => self.account(token).map(drop),
            (None, Some(service)) => self.own(self.get::<serde_json::Value>("user", service)).map(drop),
            (None, None) => Err(self.parts.wire.unauthorized()),
        }
    }

    fn granted(&self, repos: &[ApprovedRepo]) -> Result<Vec<Granted>, HostError> {
        let Some(service) = &self.service else {
            return Ok(Vec::new());
        };
        let mut out = Vec::new();
        if let Said::Yes(TokenInfo { scopes, expires_at }) =
            self.own(self.get("personal_access_tokens/self", service))?
        {
            let has = |scope: &str| scopes.iter().any(|it| it == scope);
            out.push(if has("read_api") {
                Granted::Right("the service token has the scope `read_api`".to_owned())
            } else if has("api") {
                Granted::Odd(
                    "the service token has the scope `api`, which can write; make one with `read_api`".to_owned(),
                )
            } else {
                Granted::Wrong("the service token lacks the scope `read_api`; make a new one with it".to_owned())
            });
            if let Some(end) = expires_at {
                out.push(Granted::Odd(format!(
                    "the service token ends on {end}; replace it before that day"
                )));
            }
        }
        out.extend(
            self.parts
                .unseen(repos, "make the service account a member of it", |id| {
                    let said = self.own(self.get::<Settings>(&format!("projects/{id}"), service))?;
                    Ok(matches!(said, Said::Yes(_)))
                })?,
        );
        Ok(out)
    }

    fn revoke(&self, token: &HostToken) -> Result<(), HostError> {
        let wire = &self.parts.wire;
        let url = wire.below(&self.parts.remote.url, "oauth/revoke")?;
        let login = Login::Basic(&self.upstream.client_id, &self.upstream.client_secret);
        let body = json!({ "token": token.access.reveal() });
        wire.tell(http::Method::POST, url, login, &body).map(drop)
    }
}
