//! The stand-ins against what the hosts have published about their interfaces: every field they say and every parameter louver sends is
//! described, with its type. `tests/host-apis/extract.py` says where the descriptions are from; GitLab has none in a package registry.

use crate::access_world::AccessWorld;
use crate::over_http::hosts;
use crate::stand_in::{Role, Said, Visibility};
use louver::access::{Asked, RepoHost as _, Verdict};
use louver::scope::{HostKind, HostTeam, Scope};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const GITHUB: &str = include_str!("../host-apis/github.json");
const BITBUCKET: &str = include_str!("../host-apis/bitbucket.json");
const GITEA: &str = include_str!("../host-apis/gitea.json");
const FORGEJO: &str = include_str!("../host-apis/forgejo.json");

/// Parameters that are described for all of a host's lists at once, and not with each.
const PAGING: [&str; 2] = ["page", "pagelen"];

/// What a host has published.
struct Description(Value);

impl Description {
    fn of(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("JSON"))
    }

    /// The described route of a request, if there is one.
    fn route(&self, method: &str, path: &str) -> Option<String> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let base = if parts[0] == "2.0" { 1 } else { 2 };
        let mut parts = parts[base..].to_vec();
        // GitHub serves it by id as well, and describes it by name.
        if self.0["answers"].get("GET /rate_limit").is_some() && parts[0] == "repositories" {
            parts = vec!["repos", "owner", "name"];
        }
        let fits = |route: &&String| {
            let (of, at) = route.split_once(' ').expect("a route");
            let at: Vec<&str> = at.trim_matches('/').split('/').collect();
            let same = |(described, asked): (&&str, &&str)| described.starts_with('{') || described == asked;
            of == method && at.len() == parts.len() && at.iter().zip(&parts).all(same)
        };
        let mut routes: Vec<&String> = self.0["answers"]
            .as_object()
            .expect("routes")
            .keys()
            .filter(fits)
            .collect();
        // Words before placeholders.
        routes.sort_by_key(|route| route.matches('{').count());
        routes.first().map(|route| (*route).clone())
    }

    /// Everything wrong with an answer to a route.
    fn faults(&self, route: &str, said: &Said) -> Vec<String> {
        let mut schema = self.0["answers"][route].clone();
        let mut found = Vec::new();
        self.unknown(&[&schema], &said.answer, "", &mut found);
        let mut definitions = self.0["$defs"].clone();
        // A stand-in says a part of what the host does.
        optional(&mut schema);
        optional(&mut definitions);
        schema["$defs"] = definitions;
        let types = jsonschema::validator_for(&schema).expect("a schema");
        found.extend(
            types
                .iter_errors(&said.answer)
                .map(|err| format!("{}: {err}", err.instance_path)),
        );
        let asked = url::form_urlencoded::parse(said.query.as_bytes());
        for (parameter, _) in asked {
            let described = &self.0["queries"][route];
            let is_known = described.as_array().expect("names").iter().any(|it| *it == *parameter);
            if !is_known && !PAGING.contains(&&*parameter) {
                found.push(format!("no parameter `{parameter}`"));
            }
        }
        found
    }

    /// Fields of `value` that no schema describes.
    fn unknown(&self, schemas: &[&Value], value: &Value, at: &str, found: &mut Vec<String>) {
        let mut all = Vec::new();
        schemas.iter().for_each(|schema| self.parts(schema, &mut all));
        match value {
            Value::Object(fields) => {
                let is_open = |it: &&Value| it["additionalProperties"].is_object() || it.get("properties").is_none();
                for (name, value) in fields {
                    let described: Vec<&Value> = all.iter().filter_map(|it| it["properties"].get(name)).collect();
                    if !described.is_empty() {
                        self.unknown(&described, value, &format!("{at}/{name}"), found);
                    } else if !all.iter().all(is_open) {
                        found.push(format!("{at}/{name}: no such field"));
                    }
                }
            }
            Value::Array(entries) => {
                let items: Vec<&Value> = all.iter().filter_map(|it| it.get("items")).collect();
                entries
                    .iter()
                    .for_each(|entry| self.unknown(&items, entry, &format!("{at}/*"), found));
            }
            _ => (),
        }
    }

    /// A schema and all it is made of.
    fn parts<'a>(&'a self, schema: &'a Value, out: &mut Vec<&'a Value>) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().expect("a name");
            return self.parts(&self.0["$defs"][name], out);
        }
        let alternatives = ["allOf", "anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[*key].as_array())
            .flatten();
        alternatives.for_each(|it| self.parts(it, out));
        if schema.get("properties").is_some()
            || schema.get("items").is_some()
            || schema.get("additionalProperties").is_some()
        {
            out.push(schema);
        }
    }
}

/// Lets a schema take what says less. Alternatives that only differ in what they demand are then all right at once.
fn optional(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("required").is_some_and(Value::is_array) {
                fields.remove("required");
            }
            if let Some(one) = fields.remove("oneOf") {
                fields.insert("anyOf".to_owned(), one);
            }
            fields.values_mut().for_each(optional);
        }
        Value::Array(entries) => entries.iter_mut().for_each(optional),
        _ => (),
    }
}

/// Everything louver asks of a host: a login, one repository, many, and the same with its own credential.
fn everything(kind: HostKind, more: &str) -> Vec<Said> {
    let repos: Vec<(u64, Visibility, bool)> = (11..22).map(|id| (id, Visibility::Private, true)).collect();
    let people = [("alice", Role::Reader)];
    let ask = |world: &AccessWorld| {
        let alice = world.log_in(world.host(), "alice");
        let scope = Scope::load(world.world.config()).expect("a scope");
        let all = scope.approved();
        let one = world.permissions.verdicts(&alice, &[&all[0]], Asked::ByName);
        assert!(matches!(one[0], Verdict::Readable { .. }), "{one:?}");
        world
            .permissions
            .verdicts(&alice, &all.iter().collect::<Vec<_>>(), Asked::WithAll);
        world.permissions.unknown(&alice, "acme/nil");
        let team = HostTeam {
            name: "pay".to_owned(),
            host: kind.as_str().to_owned(),
            group: "acme/pay".to_owned(),
        };
        world.host().member(1, "acme/pay", true);
        world.permissions.memberships(&alice, &[&team]);
        let host = world.permissions.logins().host(kind.as_str()).expect("the host");
        host.granted(&all).expect("told");
        world.host().state().said.clone()
    };
    let mut said = ask(&hosts(&[kind], &repos[..], &people, |_, _| more.to_owned()));
    if kind != HostKind::Gitea {
        said.extend(ask(&hosts(&[kind], &repos[..2], &people, |host, secrets| {
            host.identity_only(secrets)
        })));
    }
    said
}

#[track_caller]
fn check(kind: HostKind, description: &str, more: &[&str], undescribed: &[&str]) -> BTreeSet<String> {
    let description = Description::of(description);
    let mut routes = BTreeSet::new();
    for said in more.iter().flat_map(|more| everything(kind, more)) {
        let Some(route) = description.route(&said.method, &said.path) else {
            assert!(
                undescribed.iter().any(|it| said.path.ends_with(it)),
                "{} is not described",
                said.path
            );
            continue;
        };
        assert_eq!(
            description.faults(&route, &said),
            Vec::<String>::new(),
            "{kind:?} {route}: {}",
            said.answer
        );
        routes.insert(route);
    }
    let all: BTreeSet<String> = description.0["answers"]
        .as_object()
        .expect("routes")
        .keys()
        .cloned()
        .collect();
    assert_eq!(routes, all, "{kind:?}");
    routes
}

#[test]
fn githubs_stand_in_says_what_github_describes() {
    check(HostKind::GitHub, GITHUB, &["", "oauth_app = true"], &[]);
}

#[test]
fn bitbuckets_stand_in_says_what_bitbucket_describes() {
    // It came with the change of 2026 that took `user/permissions/repositories` away; the published description is older.
    check(HostKind::Bitbucket, BITBUCKET, &[""], &["user/workspaces"]);
}

#[test]
fn giteas_stand_in_says_what_gitea_and_forgejo_describe() {
    check(HostKind::Gitea, GITEA, &[""], &[]);
    check(HostKind::Gitea, FORGEJO, &[""], &[]);
}

#[test]
fn what_is_not_described_is_found() {
    let description = Description::of(GITHUB);
    let said = |answer: Value, query: &str| Said {
        method: "GET".to_owned(),
        path: "/api/v3/user".to_owned(),
        query: query.to_owned(),
        answer,
    };
    let faults = |said: &Said| description.faults("GET /user", said);
    assert_eq!(
        faults(&said(json!({ "id": 1, "login": "a" }), "")),
        Vec::<String>::new()
    );
    assert!(!faults(&said(json!({ "id": "1", "login": "a" }), "")).is_empty());
    assert!(!faults(&said(json!({ "id": 1, "username": "a" }), "")).is_empty());
    assert!(!faults(&said(json!({ "id": 1 }), "visibility=bogus")).is_empty());
}
