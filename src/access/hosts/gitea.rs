//! Gitea and Forgejo.
//!
//! Old releases forget the PKCE challenge of a first consent, so nothing rests on it: louver binds the callback to the browser and keeps a
//! client secret.

use super::{Endpoints, Parts};
use crate::access::listing::pages;
use crate::access::upstream::Upstream;
use crate::access::wire::{Login, Said, is_plain_path, or_none};
use crate::access::{CodeAccess, CodeHost, HostError, HostToken, Listed, Secret, Subject};
use crate::scope::ApprovedRepo;
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

/// The most entries Gitea puts on a page.
const PAGE: usize = 50;
/// Nobody is in more teams than are on so many pages.
const MOST_TEAM_PAGES: usize = 20;

pub(super) struct Gitea {
    parts: Parts,
    upstream: Upstream,
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

/// A team that the person is in.
#[derive(Deserialize)]
struct Team {
    name: String,
    organization: Organization,
}

#[derive(Deserialize)]
struct Organization {
    name: String,
}

#[derive(Default, Deserialize)]
struct Found {
    data: Vec<Repository>,
}

impl Gitea {
    pub(super) fn new(parts: Parts) -> Result<Self, HostError> {
        let upstream = parts.upstream(Endpoints {
            authorize: "login/oauth/authorize",
            token: "login/oauth/access_token",
            scopes: if parts.remote.has_teams {
                &["read:repository", "read:user", "read:organization"]
            } else {
                &["read:repository", "read:user"]
            },
            auth_type: oauth2::AuthType::RequestBody,
            pkce: true,
        })?;
        Ok(Self { parts, upstream })
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str, token: &Secret) -> Result<Said<T>, HostError> {
        let wire = &self.parts.wire;
        wire.get(wire.below(&self.parts.remote.api_url, path)?, Login::Bearer(token), &[])
    }
}

impl CodeHost for Gitea {
    fn name(&self) -> &str {
        self.parts.wire.host()
    }

    fn source(&self) -> &'static str {
        "gitea-api+git-probe"
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
        let Said::Yes(found) = self.get(&format!("repositories/{id}"), &token.access)? else {
            return Ok(CodeAccess::Denied);
        };
        let Repository {
            id: found_id,
            full_name,
            permissions,
        } = found;
        if found_id.to_string() != id || !is_plain_path(&full_name) {
            return Err(self
                .parts
                .wire
                .garbage("another repository than was asked about".to_owned()));
        }
        // Some releases say `pull` to members who may only see issues; branches are shown to readers of code alone.
        let branches = format!("repos/{full_name}/branches?limit=1");
        if !permissions.pull || matches!(self.get::<Vec<IgnoredAny>>(&branches, &token.access)?, Said::No) {
            return Ok(CodeAccess::Denied);
        }
        self.code_access_at(token, &full_name)
    }

    fn in_group(&self, token: &HostToken, _: &Subject, group: &str) -> Result<bool, HostError> {
        let Some((organization, name)) = group.split_once('/') else {
            return Ok(false);
        };
        for page in 1..=MOST_TEAM_PAGES {
            let path = format!("user/teams?limit={PAGE}&page={page}");
            let teams = or_none(self.get::<Vec<Team>>(&path, &token.access)?);
            let is_it = |team: &Team| {
                team.name.eq_ignore_ascii_case(name) && team.organization.name.eq_ignore_ascii_case(organization)
            };
            if teams.iter().any(is_it) {
                return Ok(true);
            }
            // An instance may put fewer on a page than it is asked for.
            if teams.is_empty() {
                break;
            }
        }
        Ok(false)
    }

    fn listed(&self, token: &HostToken, wanted: &[&str]) -> Result<Listed, HostError> {
        pages(PAGE, wanted, |page, listed| {
            let path = format!("repos/search?private=true&limit={PAGE}&page={page}");
            let found = or_none(self.get::<Found>(&path, &token.access)?).data;
            let entries = found.len();
            let readable = found
                .into_iter()
                .filter(|it| it.permissions.pull && is_plain_path(&it.full_name));
            listed.extend(readable.map(|it| (it.id.to_string(), it.full_name)));
            Ok(entries)
        })
    }

    /// `pull` alone says too much in some releases; git does not.
    fn code_access_at(&self, token: &HostToken, path: &str) -> Result<CodeAccess, HostError> {
        let base = &self.parts.remote.url;
        self.parts.wire.git_probe(base, path, "oauth2", &token.access)
    }

    fn alive(&self, token: Option<&HostToken>) -> Result<(), HostError> {
        let token = token.ok_or_else(|| self.parts.wire.unauthorized())?;
        self.account(token).map(drop)
    }

    /// Gitea has no way to end a token; it ends by itself within the hour.
    fn revoke(&self, _: &HostToken) -> Result<(), HostError> {
        Ok(())
    }
}
