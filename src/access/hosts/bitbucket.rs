//! Bitbucket Cloud.

use super::{Endpoints, Parts};
use crate::access::listing::pages;
use crate::access::upstream::Upstream;
use crate::access::wire::{Login, Said, is_plain_path, or_none};
use crate::access::{CodeAccess, CodeHost, Granted, HostError, HostToken, Listed, Secret, Subject};
use crate::scope::{ApprovedRepo, ServiceCredential};
use serde::Deserialize;
use url::Url;

/// The most entries Bitbucket puts on a page.
const PAGE: usize = 100;
/// Nobody works in more.
const MOST_WORKSPACES: usize = 20;

pub(super) struct Bitbucket {
    parts: Parts,
    upstream: Upstream,
    service: Option<Secret>,
}

#[derive(Deserialize)]
struct User {
    uuid: String,
    nickname: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    uuid: String,
    full_name: String,
}

#[derive(Deserialize)]
struct Page {
    values: Vec<RepositoryPermission>,
}

#[derive(Deserialize)]
struct RepositoryPermission {
    permission: String,
    user: Account,
}

#[derive(Deserialize)]
struct Account {
    uuid: String,
}

#[derive(Deserialize)]
struct Workspaces {
    values: Vec<Membership>,
}

#[derive(Deserialize)]
struct Membership {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    slug: String,
}

#[derive(Default, Deserialize)]
struct Repositories {
    values: Vec<Repository>,
}

impl Bitbucket {
    pub(super) fn new(parts: Parts) -> Result<Self, HostError> {
        let service = match &parts.remote.service {
            Some(ServiceCredential::Token(source)) => {
                Some(Secret::from_source(source).map_err(|err| parts.wire.setup(err.to_string()))?)
            }
            _ => None,
        };
        let upstream = parts.upstream(Endpoints {
            authorize: "site/oauth2/authorize",
            token: "site/oauth2/access_token",
            // They are set on the consumer.
            scopes: &[],
            auth_type: oauth2::AuthType::BasicAuth,
            pkce: false,
        })?;
        Ok(Self {
            parts,
            upstream,
            service,
        })
    }

    fn get<T: serde::de::DeserializeOwned>(&self, url: Url, token: &Secret) -> Result<Said<T>, HostError> {
        self.parts.wire.get(url, Login::Bearer(token), &[])
    }

    fn at(&self, path: &str) -> Result<Url, HostError> {
        self.parts.wire.below(&self.parts.remote.api_url, path)
    }

    /// The repository with this UUID, whatever workspace it is in by now.
    fn repository(&self, id: &str, token: &Secret) -> Result<Option<Repository>, HostError> {
        let bare = id.trim_matches(['{', '}']);
        let url = self.at(&format!("repositories/%7B%7D/%7B{bare}%7D"))?;
        let Said::Yes(found) = self.get::<Repository>(url, token)? else {
            return Ok(None);
        };
        if !found.uuid.eq_ignore_ascii_case(id) || !is_plain_path(&found.full_name) {
            return Err(self
                .parts
                .wire
                .garbage("another repository than was asked about".to_owned()));
        }
        Ok(Some(found))
    }

    /// A refusal of louver's own credential says nothing about the person who asks.
    fn own<T>(&self, said: Result<T, HostError>) -> Result<T, HostError> {
        said.map_err(|err| match err {
            HostError::Unauthorized { .. } => self
                .parts
                .wire
                .setup("it does not take the service token; make a new workspace token".to_owned()),
            other => other,
        })
    }
}

impl CodeHost for Bitbucket {
    fn name(&self) -> &str {
        self.parts.wire.host()
    }

    fn source(&self) -> &'static str {
        if self.identity_only() {
            "bitbucket-permission"
        } else {
            "bitbucket-api+git-probe"
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
        match self.get(self.at("user")?, &token.access)? {
            Said::Yes(User {
                uuid,
                nickname,
                display_name,
            }) => Ok(Subject {
                issuer: self.name().to_owned(),
                login: nickname.or(display_name).unwrap_or_else(|| uuid.clone()),
                id: uuid,
            }),
            Said::No => Err(self.parts.wire.unauthorized()),
        }
    }

    fn code_access(&self, token: &HostToken, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let Some(id) = self.parts.id_of(repo) else {
            return Ok(CodeAccess::Denied);
        };
        let Some(found) = self.repository(id, &token.access)? else {
            return Ok(CodeAccess::Denied);
        };
        self.code_access_at(token, &found.full_name)
    }

    fn in_group(&self, token: &HostToken, _: &Subject, group: &str) -> Result<bool, HostError> {
        let url = self.at(&format!("user/workspaces?pagelen={PAGE}"))?;
        let Said::Yes(Workspaces { values }) = self.get(url, &token.access)? else {
            return Ok(false);
        };
        Ok(values.iter().any(|it| it.workspace.slug.eq_ignore_ascii_case(group)))
    }

    fn listed(&self, token: &HostToken, wanted: &[&str]) -> Result<Listed, HostError> {
        let url = self.at(&format!("user/workspaces?pagelen={PAGE}"))?;
        let Said::Yes(Workspaces { values }) = self.get(url, &token.access)? else {
            return Ok(Listed::new());
        };
        let mut all = Listed::new();
        for Membership { workspace } in values.iter().take(MOST_WORKSPACES) {
            let missing: Vec<&str> = wanted.iter().copied().filter(|id| !all.contains_key(*id)).collect();
            if missing.is_empty() || !is_plain_path(&workspace.slug) {
                break;
            }
            all.extend(pages(PAGE, &missing, |page, listed| {
                let path = format!("repositories/{}?role=member&pagelen={PAGE}&page={page}", workspace.slug);
                let found = or_none(self.get::<Repositories>(self.at(&path)?, &token.access)?).values;
                let entries = found.len();
                let plain = found.into_iter().filter(|it| is_plain_path(&it.full_name));
                listed.extend(plain.map(|it| (it.uuid.to_lowercase(), it.full_name)));
                Ok(entries)
            })?);
        }
        Ok(all)
    }

    fn code_access_at(&self, token: &HostToken, path: &str) -> Result<CodeAccess, HostError> {
        let base = &self.parts.remote.url;
        self.parts.wire.git_probe(base, path, "x-token-auth", &token.access)
    }

    fn code_access_of(&self, subject: &Subject, repo: &ApprovedRepo) -> Result<CodeAccess, HostError> {
        let (Some(service), Some(id)) = (&self.service, self.parts.id_of(repo)) else {
            return Ok(CodeAccess::Denied);
        };
        let Some(found) = self.own(self.repository(id, service))? else {
            return Ok(CodeAccess::Denied);
        };
        let Some((workspace, slug)) = found.full_name.split_once('/') else {
            return Ok(CodeAccess::Denied);
        };
        let mut url = self.at(&format!("workspaces/{workspace}/permissions/repositories/{slug}"))?;
        let query = format!("user.uuid=\"{}\"", subject.id.replace(['"', '\\'], ""));
        url.query_pairs_mut().append_pair("q", &query);
        let Said::Yes(Page { values }) = self.own(self.get(url, service))? else {
            return Ok(CodeAccess::Denied);
        };
        let reads = values.iter().any(|RepositoryPermission { permission, user }| {
            user.uuid.eq_ignore_ascii_case(&subject.id) && matches!(permission.as_str(), "admin" | "write" | "read")
        });
        Ok(if reads {
            CodeAccess::Readable
        } else {
            CodeAccess::Denied
        })
    }

    fn alive(&self, token: Option<&HostToken>) -> Result<(), HostError> {
        match (token, &self.service) {
            (Some(token), _) => self.account(token).map(drop),
            (None, Some(service)) => {
                let url = self.at("user")?;
                self.own(self.get::<serde_json::Value>(url, service)).map(drop)
            }
            (None, None) => Err(self.parts.wire.unauthorized()),
        }
    }

    fn granted(&self, repos: &[ApprovedRepo]) -> Result<Vec<Granted>, HostError> {
        let Some(service) = &self.service else {
            return Ok(Vec::new());
        };
        let way = "give the service token administration of it, which Bitbucket wants for reading who may read";
        self.parts.unseen(repos, way, |id| {
            let Some(found) = self.own(self.repository(id, service))? else {
                return Ok(false);
            };
            let Some((workspace, slug)) = found.full_name.split_once('/') else {
                return Ok(false);
            };
            let url = self.at(&format!("workspaces/{workspace}/permissions/repositories/{slug}"))?;
            Ok(matches!(self.own(self.get::<Page>(url, service))?, Said::Yes(_)))
        })
    }

    /// Bitbucket has no way to end a token; it ends by itself within two hours.
    fn revoke(&self, _: &HostToken) -> Result<(), HostError> {
        Ok(())
    }
}
