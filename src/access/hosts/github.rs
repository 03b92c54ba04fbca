//! GitHub, github.com or Enterprise Server, through a GitHub App (preferred) or an OAuth App.

use super::app::Installation;
use super::{Endpoints, Parts};
use crate::access::listing::pages;
use crate::access::upstream::Upstream;
use crate::access::wire::{Login, Said, is_plain_path, or_none};
use crate::access::{CodeAccess, CodeHost, Granted, HostError, HostToken, Listed, Subject};
use crate::scope::{ApprovedRepo, ServiceCredential};
use serde::Deserialize;
use serde_json::json;
use url::Url;

/// The most entries GitHub puts on a page.
const PAGE: usize = 100;
/// Nobody works in more organisations that have installed one App.
const MOST_INSTALLATIONS: usize = 20;
/// Nobody is in more teams than are on so many pages.
const MOST_TEAM_PAGES: usize = 10;

/// What pins the shape of answers.
const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/vnd.github+json"),
    ("x-github-api-version", "2022-11-28"),
];

pub(super) struct GitHub {
    parts: Parts,
    upstream: Upstream,
    installation: Option<Installation>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
}

#[derive(Deserialize)]
struct Repository {
    id: u64,
    full_name: String,
    permissions: Permissions,
}

#[derive(Deserialize)]
struct Permissions {
    pull: bool,
}

/// A repository as the App sees it, whose own permissions say nothing about the person.
#[derive(Deserialize)]
struct Named {
    id: u64,
    full_name: String,
}

#[derive(Deserialize)]
struct Collaborator {
    permission: String,
    user: User,
}

#[derive(Deserialize)]
struct Installations {
    installations: Vec<Installed>,
}

#[derive(Deserialize)]
struct Installed {
    id: u64,
}

/// A team that the person is in.
#[derive(Deserialize)]
struct Team {
    slug: String,
    organization: Organization,
}

#[derive(Deserialize)]
struct Organization {
    login: String,
}

#[derive(Default, Deserialize)]
struct Repositories {
    repositories: Vec<Repository>,
}

/// Takes up a page of repositories, of those whose code the person can read.
fn put(listed: &mut Listed, page: Vec<Repository>) -> usize {
    let entries = page.len();
    let readable = page
        .into_iter()
        .filter(|it| it.permissions.pull && is_plain_path(&it.full_name));
    listed.extend(readable.map(|it| (it.id.to_string(), it.full_name)));
    entries
}

impl GitHub {
    pub(super) fn new(parts: Parts) -> Result<Self, HostError> {
        // An OAuth App has no scope that only reads; a GitHub App's permissions are its own.
        let wide = parts.remote.oauth_app && parts.remote.service.is_none();
        let upstream = parts.upstream(Endpoints {
            authorize: "login/oauth/authorize",
            token: "login/oauth/access_token",
            scopes: if wide { &["repo"] } else { &[] },
            auth_type: oauth2::AuthType::RequestBody,
            pkce: true,
        })?;
        let installation = match &parts.remote.service {
            Some(ServiceCredential::App {
                app_id,
                installation_id,
                key,
            }) => Some(Installation::new(&parts, *app_id, *installation_id, key)?),
            _ => None,
        };
        Ok(Self {
            parts,
            upstream,
            installation,
        })
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str, login: Login<'_>) -> Result<Said<T>, HostError> {
        let wire = &self.parts.wire;
        wire.get(wire.below(&self.parts.remote.api_url, path)?, login, HEADERS)
    }

    fn bad_shape(&self) -> HostError {
        self.parts
            .wire
            .garbage("another repository than was asked about".to_owned())
    }
}

impl CodeHost for GitHub {
    fn name(&self) -> &str {
        self.parts.wire.host()
    }

    fn source(&self) -> &'static str {
        if self.identity_only() {
            "github-app-permission"
        } else {
            "github-api+git-probe"
        }
    }

    fn identity_only(&self) -> bool {
        self.installation.is_some()
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
        match self.get("user", Login::Bearer(&token.access))? {
            Said::Yes(User { id, login }) => Ok(Subject {
                issuer: self.name().to_owned(),
                id: id.to_string(),
                login,
            }),
            Said::No => Err(self.parts.wire.unauthorized()),
        }
    }

    fn code_access(&self, token: &HostToken, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let Some(id) = self.parts.id_of(repo) else {
            return Ok(CodeAccess::Denied);
        };
        let said = self.get(&format!("repositories/{id}"), Login::Bearer(&token.access))?;
        let Said::Yes(found) = said else {
            return Ok(CodeAccess::Denied);
        };
        let Repository {
            id: found_id,
            full_name,
            permissions,
        } = found;
        if found_id.to_string() != id || !is_plain_path(&full_name) {
            return Err(self.bad_shape());
        }
        if !permissions.pull {
            return Ok(CodeAccess::Denied);
        }
        self.code_access_at(token, &full_name)
    }

    fn in_group(&self, token: &HostToken, _: &Subject, group: &str) -> Result<bool, HostError> {
        let Some((organization, slug)) = group.split_once('/') else {
            return Ok(false);
        };
        for page in 1..=MOST_TEAM_PAGES {
            let path = format!("user/teams?per_page={PAGE}&page={page}");
            let teams = or_none(self.get::<Vec<Team>>(&path, Login::Bearer(&token.access))?);
            let is_it = |team: &Team| {
                team.slug.eq_ignore_ascii_case(slug) && team.organization.login.eq_ignore_ascii_case(organization)
            };
            if teams.iter().any(is_it) {
                return Ok(true);
            }
            if teams.len() < PAGE {
                break;
            }
        }
        Ok(false)
    }

    fn listed(&self, token: &HostToken, wanted: &[&str]) -> Result<Listed, HostError> {
        if self.parts.remote.oauth_app {
            return pages(PAGE, wanted, |page, listed| {
                let path = format!("user/repos?visibility=all&per_page={PAGE}&page={page}");
                let said = self.get::<Vec<Repository>>(&path, Login::Bearer(&token.access))?;
                Ok(put(listed, or_none(said)))
            });
        }
        // What the person and the App can both read is listed by where the App is installed.
        let path = format!("user/installations?per_page={PAGE}");
        let Said::Yes(Installations { installations }) = self.get(&path, Login::Bearer(&token.access))? else {
            return Ok(Listed::new());
        };
        let mut all = Listed::new();
        for Installed { id } in installations.iter().take(MOST_INSTALLATIONS) {
            let missing: Vec<&str> = wanted.iter().copied().filter(|id| !all.contains_key(*id)).collect();
            if missing.is_empty() {
                break;
            }
            all.extend(pages(PAGE, &missing, |page, listed| {
                let path = format!("user/installations/{id}/repositories?per_page={PAGE}&page={page}");
                let said = self.get::<Repositories>(&path, Login::Bearer(&token.access))?;
                Ok(put(listed, or_none(said).repositories))
            })?);
        }
        Ok(all)
    }

    fn code_access_at(&self, token: &HostToken, path: &str) -> Result<CodeAccess, HostError> {
        let base = &self.parts.remote.url;
        self.parts.wire.git_probe(base, path, "x-access-token", &token.access)
    }

    fn code_access_of(&self, subject: &Subject, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let (Some(installation), Some(id)) = (&self.installation, self.parts.id_of(repo)) else {
            return Ok(CodeAccess::Denied);
        };
        let token = installation.token(&self.parts)?;
        // Logins change hands; ids do not.
        let Said::Yes(User { id: user_id, login }) =
            self.get(&format!("user/{}", subject.id), Login::Bearer(&token))?
        else {
            return Ok(CodeAccess::Denied);
        };
        let Said::Yes(Named {
            id: found_id,
            full_name,
        }) = self.get(&format!("repositories/{id}"), Login::Bearer(&token))?
        else {
            return Ok(CodeAccess::Denied);
        };
        let is_right = user_id.to_string() == subject.id && found_id.to_string() == id;
        if !is_right || !is_plain_path(&full_name) || !is_plain_path(&login) {
            return Err(self.bad_shape());
        }
        let path = format!("repos/{full_name}/collaborators/{login}/permission");
        let said = self.get(&path, Login::Bearer(&token))?;
        let Said::Yes(Collaborator { permission, user }) = said else {
            return Ok(CodeAccess::Denied);
        };
        let reads = matches!(permission.as_str(), "admin" | "write" | "read");
        Ok(if reads && user.id.to_string() == subject.id {
            CodeAccess::Readable
        } else {
            CodeAccess::Denied
        })
    }

    fn alive(&self, token: Option<&HostToken>) -> Result<(), HostError> {
        match (token, &self.installation) {
            (Some(token), _) => self.account(token).map(drop),
            (None, Some(installation)) => {
                let token = installation.token(&self.parts)?;
                self.get::<serde_json::Value>("rate_limit", Login::Bearer(&token))
                    .map(drop)
            }
            (None, None) => Err(self.parts.wire.unauthorized()),
        }
    }

    fn granted(&self, repos: &[ApprovedRepo]) -> Result<Vec<Granted>, HostError> {
        let Some(installation) = &self.installation else {
            return Ok(Vec::new());
        };
        let about = installation.about(&self.parts)?;
        let mut out = about.granted(self.parts.remote.webhook_secret.is_some());
        // Why there is no token is in what was said about the installation.
        let Ok(token) = installation.token(&self.parts) else {
            return Ok(out);
        };
        out.extend(self.parts.unseen(repos, "install the App on it", |id| {
            let said = self.get::<Named>(&format!("repositories/{id}"), Login::Bearer(&token))?;
            Ok(matches!(said, Said::Yes(_)))
        })?);
        Ok(out)
    }

    fn revoke(&self, token: &HostToken) -> Result<(), HostError> {
        let wire = &self.parts.wire;
        let path = format!("applications/{}/token", self.upstream.client_id);
        let url = wire.below(&self.parts.remote.api_url, &path)?;
        let login = Login::Basic(&self.upstream.client_id, &self.upstream.client_secret);
        let body = json!({ "access_token": token.access.reveal() });
        wire.tell(http::Method::DELETE, url, login, &body).map(drop)
    }
}
