//! The interfaces for programs: the few routes louver uses, in each host's own words.

use super::{APP, INSTALLATION, Mood, Own, Person, Repo, Response, Role, State, Visibility, uuid};
use crate::sources::host::Request;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use louver::scope::HostKind;
use serde_json::{Value, json};

/// What only louver's own credentials may ask.
pub(crate) const SERVICE_TOKEN: &str = "service-token";

/// Who makes a request.
enum Asker {
    Person(Person),
    Service,
}

pub(super) fn answer(state: &State, request: &Request, mood: Mood) -> Response {
    let token = request
        .headers
        .get("authorization")
        .and_then(|it| it.strip_prefix("Bearer "));
    let asker = match token {
        Some(SERVICE_TOKEN) => Asker::Service,
        Some(proof) if request.path.starts_with("/api/v3/app/") => {
            return match state.own.key.as_deref().filter(|key| is_from_app(proof, key)) {
                Some(_) => app(state, request),
                None => Response::status(401),
            };
        }
        Some(token) => match state.holder(token) {
            Some(person) => Asker::Person(person),
            None => return Response::status(401),
        },
        None => return Response::status(401),
    };
    let path = request.path.replace("%7B", "{").replace("%7D", "}");
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let found = listing(state, &asker, &parts, &request.query).or_else(|| match state.kind {
        HostKind::GitHub => github(state, &asker, &parts),
        HostKind::GitLab => gitlab(state, &asker, &parts),
        HostKind::Bitbucket => bitbucket(state, &asker, &parts),
        HostKind::Gitea => gitea(state, &asker, &parts),
        HostKind::Static => None,
    });
    let is_about_a_repo = parts.iter().any(|part| matches!(*part, "repositories" | "projects"));
    match found {
        Some(mut value) if is_about_a_repo => {
            spoil(&mut value, mood);
            Response::json(200, &value)
        }
        Some(value) => Response::json(200, &value),
        None if state.kind == HostKind::Bitbucket => Response::status(403),
        None => Response::status(404),
    }
}

fn spoil(value: &mut Value, mood: Mood) {
    let Some(fields) = value.as_object_mut() else { return };
    match mood {
        Mood::FieldMissing => {
            for field in ["permissions", "path_with_namespace", "full_name"] {
                if fields.remove(field).is_some() {
                    return;
                }
            }
        }
        Mood::OtherId => {
            fields.insert("id".to_owned(), json!(999));
            fields.insert("uuid".to_owned(), json!(uuid(999)));
        }
        _ => (),
    }
}

impl State {
    /// The repository, if the asker is shown it.
    fn shown(&self, asker: &Asker, is_it: impl Fn(&Repo) -> bool) -> Option<&Repo> {
        let repo = self.repos.iter().find(|repo| is_it(repo))?;
        match asker {
            Asker::Person(person) => self.is_shown(person, repo).then_some(repo),
            Asker::Service => (!self.own.unseen.contains(&repo.id)).then_some(repo),
        }
    }

    fn role(&self, asker: &Asker, repo: &Repo) -> Role {
        match asker {
            Asker::Person(person) => self.role_of(person.id, repo),
            Asker::Service => Role::Reader,
        }
    }

    fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id.to_string() == id)
    }
}

/// Whether the App signed it with its key.
fn is_from_app(proof: &str, key: &str) -> bool {
    let key = DecodingKey::from_rsa_pem(key.as_bytes()).expect("a key");
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_issuer(&[APP.to_string()]);
    // The clock of the test is not the machine's.
    rules.validate_exp = false;
    decode::<Value>(proof, &key, &rules).is_ok()
}

/// What the App itself may ask: what it was granted, and for a token.
fn app(state: &State, request: &Request) -> Response {
    let Own {
        rights,
        events,
        is_suspended,
        ..
    } = &state.own;
    let at = format!("/api/v3/app/installations/{INSTALLATION}");
    let permissions: serde_json::Map<String, Value> = rights
        .iter()
        .filter(|(_, level)| !level.is_empty())
        .map(|(name, level)| ((*name).to_owned(), json!(level)))
        .collect();
    if request.path == at {
        let suspended_at = is_suspended.then_some("2026-01-01T00:00:00Z");
        return Response::json(
            200,
            &json!({
                "id": INSTALLATION, "app_id": APP, "permissions": permissions, "events": events, "suspended_at": suspended_at,
            }),
        );
    }
    if request.path == format!("{at}/access_tokens") && !is_suspended {
        let until = "2999-01-01T00:00:00Z";
        return Response::json(
            201,
            &json!({ "token": SERVICE_TOKEN, "expires_at": until, "permissions": permissions }),
        );
    }
    Response::status(if *is_suspended { 403 } else { 404 })
}

/// A page of what the host lists to a person, where the path is one of lists.
fn listing(state: &State, asker: &Asker, parts: &[&str], query: &str) -> Option<Value> {
    let person = me(asker)?;
    let member = |repo: &&Repo| state.role_of(person.id, repo) > Role::Stranger;
    let reader = |repo: &&Repo| state.role_of(person.id, repo) >= Role::Reader;
    let shown = |repo: &&Repo| state.is_shown(person, repo);
    let all = state.repos.iter();
    let groups = state.groups.iter().filter(|(id, _)| *id == person.id);
    let groups: Vec<String> = groups.map(|(_, group)| group.clone()).collect();
    let by_id = |parts: [&str; 4], repo: &Repo| {
        let id = repo.id.to_string();
        let parts: Vec<&str> = parts
            .iter()
            .map(|part| if *part == "ID" { id.as_str() } else { part })
            .collect();
        match state.kind {
            HostKind::GitHub => github(state, asker, &parts),
            HostKind::GitLab => gitlab(state, asker, &parts),
            _ => gitea(state, asker, &parts),
        }
        .expect("it is shown")
    };
    match (state.kind, parts) {
        (HostKind::GitHub, ["api", "v3", "user", "repos"]) => {
            let repos = all
                .filter(reader)
                .map(|repo| by_id(["api", "v3", "repositories", "ID"], repo));
            Some(page(repos.collect(), query, "per_page", 100))
        }
        (HostKind::GitHub, ["api", "v3", "user", "installations"]) => {
            Some(json!({ "total_count": 1, "installations": [{ "id": 5, "app_id": 3 }] }))
        }
        (HostKind::GitHub, ["api", "v3", "user", "installations", "5", "repositories"]) => {
            let repos = all
                .filter(reader)
                .map(|repo| by_id(["api", "v3", "repositories", "ID"], repo));
            let repos: Vec<Value> = repos.collect();
            Some(json!({ "total_count": repos.len(), "repositories": page(repos, query, "per_page", 100) }))
        }
        (HostKind::GitLab, ["api", "v4", "projects"]) => {
            let repos = all
                .filter(member)
                .map(|repo| by_id(["api", "v4", "projects", "ID"], repo));
            Some(page(repos.collect(), query, "per_page", 100))
        }
        (HostKind::Bitbucket, ["2.0", "user", "workspaces"]) => {
            let own = groups.iter().map(|group| json!({ "workspace": { "slug": group } }));
            let all: Vec<Value> = [json!({ "workspace": { "slug": "acme" } })]
                .into_iter()
                .chain(own)
                .collect();
            Some(json!({ "values": all }))
        }
        (HostKind::GitHub, ["api", "v3", "user", "teams"]) => {
            let teams = groups.iter().filter_map(|group| group.split_once('/'));
            let teams = teams.map(|(of, slug)| json!({ "slug": slug, "organization": { "login": of } }));
            Some(page(teams.collect(), query, "per_page", 100))
        }
        (HostKind::Gitea, ["api", "v1", "user", "teams"]) => {
            let teams = groups.iter().filter_map(|group| group.split_once('/'));
            let teams = teams.map(|(of, name)| json!({ "name": name, "organization": { "name": of } }));
            Some(page(teams.collect(), query, "limit", 50))
        }
        (HostKind::GitLab, ["api", "v4", "groups", group, "members", "all", id]) => {
            let is_it = groups.contains(&group.replace("%2F", "/")) && person.id.to_string() == *id;
            is_it.then(|| json!({ "id": person.id, "username": person.login, "state": "active", "access_level": 10 }))
        }
        (HostKind::Bitbucket, ["2.0", "repositories", workspace]) => {
            let here = all
                .filter(reader)
                .filter(|repo| repo.path.starts_with(&format!("{workspace}/")));
            let repos = here.filter_map(|repo| bitbucket(state, asker, &["2.0", "repositories", "{}", &uuid(repo.id)]));
            Some(json!({ "values": page(repos.collect(), query, "pagelen", 100) }))
        }
        (HostKind::Gitea, ["api", "v1", "repos", "search"]) => {
            let repos = all
                .filter(shown)
                .map(|repo| by_id(["api", "v1", "repositories", "ID"], repo));
            Some(json!({ "ok": true, "data": page(repos.collect(), query, "limit", 50) }))
        }
        _ => None,
    }
}

/// The page of a list that is asked for; more than the host allows is not given.
fn page(entries: Vec<Value>, query: &str, size: &str, most: usize) -> Value {
    let number = |name: &str, usual: usize| {
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.map_or(usual, |(_, value)| value.parse().expect("a number"))
    };
    let size = number(size, 20).min(most);
    Value::Array(
        entries
            .into_iter()
            .skip((number("page", 1) - 1) * size)
            .take(size)
            .collect(),
    )
}

fn me(asker: &Asker) -> Option<&Person> {
    match asker {
        Asker::Person(person) => Some(person),
        Asker::Service => None,
    }
}

fn github(state: &State, asker: &Asker, parts: &[&str]) -> Option<Value> {
    let person = |person: &Person| json!({ "id": person.id, "login": person.login, "type": "User" });
    match parts[2..] {
        ["user"] => me(asker).map(person),
        ["user", id] => state.person(id).map(person),
        ["rate_limit"] => Some(json!({ "resources": {} })),
        ["repositories", id] => {
            let repo = state.shown(asker, |repo| repo.id.to_string() == id)?;
            let role = state.role(asker, repo);
            Some(json!({
                "id": repo.id, "full_name": repo.path, "private": repo.visibility != Visibility::Public,
                "permissions": {
                    "admin": role == Role::Admin, "push": role >= Role::Writer, "pull": true,
                },
            }))
        }
        ["repos", owner, name, "collaborators", login, "permission"] if me(asker).is_none() => {
            let repo = state.repos.iter().find(|repo| repo.path == format!("{owner}/{name}"))?;
            let found = state.people.iter().find(|person| person.login == login)?;
            let permission = match state.role_of(found.id, repo) {
                Role::Admin => "admin",
                Role::Writer => "write",
                Role::Reader => "read",
                _ if repo.visibility == Visibility::Public => "read",
                _ => "none",
            };
            Some(json!({ "permission": permission, "role_name": permission, "user": person(found) }))
        }
        _ => None,
    }
}

fn gitlab(state: &State, asker: &Asker, parts: &[&str]) -> Option<Value> {
    match parts[2..] {
        ["user"] => match me(asker) {
            Some(person) => Some(json!({ "id": person.id, "username": person.login, "state": "active" })),
            None => Some(json!({ "id": 1, "username": "bot", "state": "active" })),
        },
        ["projects", id] => {
            let repo = state.shown(asker, |repo| repo.id.to_string() == id)?;
            let reads = match asker {
                Asker::Person(person) => state.reads_code(person, repo),
                Asker::Service => repo.has_code,
            };
            let mut project = json!({
                "id": repo.id, "path_with_namespace": repo.path,
                "visibility": format!("{:?}", repo.visibility).to_lowercase(),
                "repository_access_level": if repo.has_code { "enabled" } else { "disabled" },
            });
            if reads {
                project["default_branch"] = json!("main");
            }
            Some(project)
        }
        ["personal_access_tokens", "self"] if me(asker).is_none() => {
            let scopes: Vec<&str> = state.own.rights.iter().map(|(name, _)| *name).collect();
            Some(json!({ "id": 1, "active": true, "scopes": scopes, "expires_at": "2027-01-31" }))
        }
        ["projects", id, "members", "all", person] if me(asker).is_none() => {
            let repo = state.shown(asker, |repo| repo.id.to_string() == id)?;
            let found = state.person(person)?;
            let level = match state.role_of(found.id, repo) {
                Role::Stranger => return None,
                Role::IssuesOnly => 10,
                Role::Reader => 20,
                Role::Writer => 30,
                Role::Admin => 50,
            };
            Some(json!({ "id": found.id, "username": found.login, "state": "active", "access_level": level }))
        }
        _ => None,
    }
}

fn bitbucket(state: &State, asker: &Asker, parts: &[&str]) -> Option<Value> {
    match parts[1..] {
        ["user"] => match me(asker) {
            Some(person) => Some(json!({ "type": "user", "uuid": uuid(person.id), "nickname": person.login })),
            None => Some(json!({ "type": "user", "uuid": uuid(1), "nickname": "bot" })),
        },
        ["repositories", "{}", id] => {
            let repo = state.shown(asker, |repo| uuid(repo.id) == id)?;
            Some(json!({
                "type": "repository", "uuid": uuid(repo.id), "full_name": repo.path,
                "is_private": repo.visibility == Visibility::Private,
            }))
        }
        ["workspaces", workspace, "permissions", "repositories", slug] if me(asker).is_none() => {
            let repo = state
                .repos
                .iter()
                .find(|repo| repo.path == format!("{workspace}/{slug}"))?;
            let values: Vec<Value> = state
                .people
                .iter()
                .filter_map(|person| {
                    let permission = match state.role_of(person.id, repo) {
                        Role::Admin => "admin",
                        Role::Writer => "write",
                        Role::Reader => "read",
                        _ => return None,
                    };
                    Some(json!({ "permission": permission, "user": { "uuid": uuid(person.id) } }))
                })
                .collect();
            Some(json!({ "values": values }))
        }
        _ => None,
    }
}

fn gitea(state: &State, asker: &Asker, parts: &[&str]) -> Option<Value> {
    match parts[2..] {
        ["user"] => me(asker).map(|person| json!({ "id": person.id, "login": person.login })),
        ["repositories", id] => {
            let repo = state.shown(asker, |repo| repo.id.to_string() == id)?;
            let role = state.role(asker, repo);
            // Seen on a real Gitea: `pull` is true for members who may only see issues.
            Some(json!({
                "id": repo.id, "full_name": repo.path, "private": repo.visibility == Visibility::Private,
                "permissions": { "admin": role == Role::Admin, "push": role >= Role::Writer, "pull": true },
            }))
        }
        ["repos", owner, name, "branches"] => {
            let repo = state.shown(asker, |repo| repo.path == format!("{owner}/{name}"))?;
            let person = me(asker)?;
            state.reads_code(person, repo).then(|| json!([{ "name": "main" }]))
        }
        _ => None,
    }
}
