//! `[server]`, `[[host]]` and what a repository is called at its host: what may be written, and what is answered to mistakes.

use expect_test::{Expect, expect};
use louver::scope::{HostKind, RepoName, Scope, SecretSource, ServiceCredential, Tier};
use std::path::Path;
use std::time::Duration;

const GITHUB: &str =
    "[[host]]\nname = \"github\"\nkind = \"github\"\nclient_id = \"Iv23\"\nclient_secret_env = \"GITHUB_SECRET\"\n";

fn parse(lines: &str) -> Result<Scope, String> {
    Scope::parse(&format!("version = 1\n{lines}"), Path::new("louver.toml")).map_err(|errors| errors.to_string())
}

#[track_caller]
fn wrong(lines: &str, expect: Expect) {
    expect.assert_eq(&parse(lines).map_or_else(|errors| errors, |_| "right".to_owned()));
}

fn repo(lines: &str) -> String {
    format!("[[repo]]\nname = \"acme/pay\"\npath = \"pay\"\nowner = \"o\"\ntier = \"internal\"\n{lines}\n")
}

#[test]
fn a_host_needs_little() {
    let scope = parse(&format!("{GITHUB}{}", repo("host = \"github\"\nid = 583231"))).expect("right");
    let host = &scope.hosts()[0];
    assert_eq!(host.kind, HostKind::GitHub);
    let remote = host.remote.as_ref().expect("remote");
    assert_eq!(remote.url.as_str(), "https://github.com/");
    assert_eq!(remote.api_url.as_str(), "https://api.github.com/");
    assert_eq!(
        remote.client_secret,
        Some(SecretSource::Env("GITHUB_SECRET".to_owned()))
    );
    assert_eq!(host.bounds.hard(Tier::Internal), Duration::from_secs(300));
    let repo = scope
        .approve(&RepoName::new("acme/pay").expect("a name"))
        .expect("approved");
    let binding = repo.host().expect("bound");
    assert_eq!((binding.host.as_str(), binding.id.as_str()), ("github", "583231"));
}

#[test]
fn api_addresses_follow_from_the_kind() {
    let api = |kind: &str, url: &str| {
        let text = format!(
            "[[host]]\nname = \"h\"\nkind = \"{kind}\"\nurl = \"{url}\"\nclient_id = \"x\"\nclient_secret_file = \"s\"\n"
        );
        let scope = parse(&text).expect("right");
        scope.hosts()[0].remote.as_ref().expect("remote").api_url.to_string()
    };
    assert_eq!(api("github", "https://ghe.corp"), "https://ghe.corp/api/v3");
    assert_eq!(
        api("gitlab", "https://git.corp/gitlab"),
        "https://git.corp/gitlab/api/v4"
    );
    assert_eq!(api("gitea", "http://127.0.0.1:3000"), "http://127.0.0.1:3000/api/v1");
    assert_eq!(
        api("bitbucket", "https://bitbucket.org"),
        "https://api.bitbucket.org/2.0"
    );
}

#[test]
fn bounds_can_only_be_tightened_by_tiers() {
    let text = format!("{GITHUB}hard_seconds = 120\ntier_seconds = {{ confidential = 0, public = 800 }}\n");
    let scope = parse(&text).expect("right");
    let bounds = &scope.hosts()[0].bounds;
    assert_eq!(bounds.hard(Tier::Confidential), Duration::ZERO);
    assert_eq!(bounds.hard(Tier::Public), Duration::from_secs(120));
    assert_eq!(bounds.soft(Tier::Confidential), Duration::ZERO);
}

#[test]
fn a_static_host_lists_people() {
    let text = "[[host]]\nname = \"site\"\nkind = \"static\"\n[[host.user]]\nid = \"1\"\nlogin = \"ada\"\nrepos = [\"acme/pay\"]\n";
    let scope = parse(&format!("{text}{}", repo("host = \"site\""))).expect("right");
    assert_eq!(scope.hosts()[0].users[0].login, "ada");
}

#[test]
fn an_identity_only_github_needs_its_app() {
    let text = format!("{GITHUB}identity_only = true\napp_id = 1\ninstallation_id = 2\napp_key_file = \"/k.pem\"\n");
    let scope = parse(&text).expect("right");
    let service = scope.hosts()[0].remote.as_ref().and_then(|it| it.service.clone());
    assert!(matches!(
        service,
        Some(ServiceCredential::App {
            app_id: 1,
            installation_id: 2,
            ..
        })
    ));
    wrong(
        &format!("{GITHUB}identity_only = true\n"),
        expect![[r#"
        louver.toml:2:1: [[host]] has no `app_id`; write the number of the GitHub App, as in `app_id = 12345`
        louver.toml:2:1: [[host]] has no `installation_id`; write the number of the App's installation, as in `installation_id = 67890`
        louver.toml:2:1: [[host]] has no `app_key_file`; write the App's private key, as in `app_key_file = "/run/secrets/app.pem"`"#]],
    );
}

#[test]
fn mistakes_in_hosts_are_named() {
    wrong(
        "[[host]]\n",
        expect![[r#"
        louver.toml:2:1: [[host]] has no `name`; write a word, as in `name = "github"`
        louver.toml:2:1: [[host]] has no `kind`; write `kind = "github"`, `"gitlab"`, `"bitbucket"`, `"gitea"` or `"static"`"#]],
    );
    wrong(
        "[[host]]\nname = \"local\"\nkind = \"gitbuh\"\n",
        expect![[r#"
            louver.toml:3:8: bad host name `local`; write up to 40 lower-case letters, digits and `-`, beginning with a letter; `local`, `louver` and `team` are taken
            louver.toml:4:8: unknown kind of host `gitbuh`; write github"#]],
    );
    wrong(
        &format!("{GITHUB}{GITHUB}"),
        expect![
            "louver.toml:8:8: the host `github` is described on line 3; write another name, or remove one of the two"
        ],
    );
    wrong(
        &format!("{GITHUB}url = \"http://ghe.corp\"\n"),
        expect![
            "louver.toml:7:7: bad `url`; write an address that begins with `https://` (`http://` is for this machine only), without account, `?` or `#`"
        ],
    );
    wrong(
        &format!("{GITHUB}url = \"https://me:pw@ghe.corp\"\n"),
        expect![
            "louver.toml:7:7: bad `url`; write an address that begins with `https://` (`http://` is for this machine only), without account, `?` or `#`"
        ],
    );
    wrong(
        &format!("{GITHUB}client_secret_file = \"s\"\n"),
        expect!["louver.toml:7:22: there is `client_secret_env` or `client_secret_file`, not both; remove one"],
    );
    wrong(
        "[[host]]\nname = \"g\"\nkind = \"github\"\nclient_id = \"x\"\nclient_secret_env = \"ghs_0123abc\"\n",
        expect![
            "louver.toml:6:21: `client_secret_env` is the name of an environment variable in capitals; if this was the secret itself, replace it at the host: the scope file is no place for secrets"
        ],
    );
    wrong(
        &format!("{GITHUB}hard_seconds = 3600\nsoft_seconds = -1\n"),
        expect![[r#"
        louver.toml:7:16: `hard_seconds` is 3600; write a number of seconds from 0 to 900
        louver.toml:8:16: `soft_seconds` is -1; write a number of seconds from 0 to 900"#]],
    );
    wrong(
        &format!("{GITHUB}soft_seconds = 301\n"),
        expect!["louver.toml:7:16: `soft_seconds` is more than `hard_seconds`, which is 300; lower it"],
    );
    wrong(
        &format!("{GITHUB}user = []\n"),
        expect!["louver.toml:7:8: `user` means nothing for a host of kind `github`; remove it"],
    );
    wrong(
        "[[host]]\nname = \"s\"\nkind = \"static\"\nurl = \"https://s\"\n",
        expect!["louver.toml:5:7: `url` means nothing for a host of kind `static`; remove it"],
    );
    wrong(
        "[[host]]\nname = \"g\"\nkind = \"gitea\"\nurl = \"https://g\"\nclient_id = \"x\"\nclient_secret_env = \"S\"\nidentity_only = true\n",
        expect![
            "louver.toml:8:17: Gitea and Forgejo cannot tell louver which code another account may read; remove `identity_only`"
        ],
    );
}

#[test]
fn mistakes_in_bindings_are_named() {
    wrong(
        &repo("host = \"github\"\nid = 1"),
        expect!["louver.toml:7:8: there is no host `github`; write a [[host]] table with that name, or correct it"],
    );
    wrong(
        &repo("id = 1"),
        expect!["louver.toml:7:6: `id` is the repository's id at its host; write `host` too, or remove it"],
    );
    wrong(
        &format!("{GITHUB}{}", repo("host = \"github\"")),
        expect![
            "louver.toml:7:1: [[repo]] has no `id`; write its id at the host, as in `id = 583231` (Bitbucket: its UUID in quotes)"
        ],
    );
    wrong(
        &format!("{GITHUB}{}", repo("host = \"github\"\nid = \"acme/pay\"")),
        expect![
            "louver.toml:13:6: `id` is a text; write its id at the host, as in `id = 583231` (Bitbucket: its UUID in quotes)"
        ],
    );
    wrong(
        &format!("{GITHUB}{}", repo("host = \"github\"\nid = 0")),
        expect!["louver.toml:13:6: `id` is 0; write the number the host gives the repository, as in `id = 583231`"],
    );
    let bitbucket = GITHUB.replace("github", "bitbucket");
    wrong(
        &format!("{bitbucket}{}", repo("host = \"bitbucket\"\nid = \"pay\"")),
        expect![
            "louver.toml:13:6: `id` is no UUID; Bitbucket shows it as `uuid` at https://api.bitbucket.org/2.0/repositories/WORKSPACE/REPOSITORY"
        ],
    );
}

#[test]
fn a_server_may_be_described() {
    let text = format!(
        "[server]\npublic_url = \"https://louver.corp\"\nstate_key_file = \"k\"\nclient_metadata = \"allowlist\"\n\
         client_metadata_allow = [\"claude.ai\"]\n\
         [[server.client]]\nid = \"bot\"\nname = \"Bot\"\nredirect_uris = [\"http://127.0.0.1/cb\"]\n\
         [[server.jwt]]\nissuer = \"https://id.corp\"\naudience = \"https://louver.corp/mcp\"\njwks_url = \"https://id.corp/jwks\"\n\
         host = \"github\"\naccount_claim = \"github_id\"\n{GITHUB}"
    );
    let scope = parse(&text).expect("right");
    let server = scope.server().expect("a server");
    assert_eq!(server.public_url.as_str(), "https://louver.corp/");
    assert!(server.client_registration);
    assert_eq!(server.jwt[0].host, "github");
}

#[test]
fn mistakes_in_the_server_are_named() {
    wrong(
        "[server]\n",
        expect![[
            r#"louver.toml:2:1: [server] has no `public_url`; write the address clients are given, as in `public_url = "https://louver.example.com"`"#
        ]],
    );
    wrong(
        "[server]\npublic_url = \"https://louver.corp/x\"\n",
        expect![
            "louver.toml:3:14: `public_url` has a path; write the address alone, as in `https://louver.example.com`"
        ],
    );
    wrong(
        "[server]\npublic_url = \"http://louver.corp\"\n",
        expect![
            "louver.toml:3:14: bad `public_url`; write an address that begins with `https://` (`http://` is for this machine only), without account, `?` or `#`"
        ],
    );
    wrong(
        "[server]\npublic_url = \"https://l\"\nclient_metadata = \"pinned\"\n",
        expect![[
            r#"louver.toml:2:1: [server] has no `client_metadata_allow`; write a list of document URLs or domains, as in `client_metadata_allow = ["claude.ai"]`"#
        ]],
    );
    wrong(
        "[server]\npublic_url = \"https://l\"\nclient_metadata = \"pinned\"\nclient_metadata_allow = [\"http://a.example.com/x\"]\n",
        expect![
            "louver.toml:5:26: bad `client_metadata_allow` entry `http://a.example.com/x`; with `pinned` write the address of a document that begins with `https://` (`http://` is for this machine only), with `allowlist` a domain, as in `claude.ai` or `*.example.com`"
        ],
    );
    wrong(
        "[server]\npublic_url = \"https://l\"\nclient_metadata = \"allowlist\"\nclient_metadata_allow = [\"https://claude.ai\", \"*.a.example.com\", \"com\"]\n",
        expect![[r#"
            louver.toml:5:26: bad `client_metadata_allow` entry `https://claude.ai`; with `pinned` write the address of a document that begins with `https://` (`http://` is for this machine only), with `allowlist` a domain, as in `claude.ai` or `*.example.com`
            louver.toml:5:66: bad `client_metadata_allow` entry `com`; with `pinned` write the address of a document that begins with `https://` (`http://` is for this machine only), with `allowlist` a domain, as in `claude.ai` or `*.example.com`"#]],
    );
    wrong(
        "[server]\npublic_url = \"https://l\"\nbrowser_origins = [\"https://a.example.com/\", \"*\", \"http://localhost:6274\"]\n",
        expect![[r#"
            louver.toml:4:20: bad `browser_origins` entry `https://a.example.com/`; write what browsers send as `Origin`, as in `https://inspector.example.com`, without a path or `/`
            louver.toml:4:46: bad `browser_origins` entry `*`; write what browsers send as `Origin`, as in `https://inspector.example.com`, without a path or `/`"#]],
    );
    wrong(
        "[server]\npublic_url = \"https://l\"\ntrusted_proxies = [\"10.0.0.0/8\", \"0.0.0.0/0\", \"proxy.local\"]\n",
        expect![[r#"
            louver.toml:4:34: bad `trusted_proxies` entry `0.0.0.0/0`; write an address, or a network as in `10.0.0.0/8`; not everybody
            louver.toml:4:47: bad `trusted_proxies` entry `proxy.local`; write an address, or a network as in `10.0.0.0/8`; not everybody"#]],
    );
    wrong(
        "[server]\npublic_url = \"https://l\"\nclient_metadata = \"some\"\nclient_registration = 1\n",
        expect![[r#"
        louver.toml:4:19: unknown `client_metadata` `some`; write off, pinned, allowlist or open
        louver.toml:5:23: `client_registration` is a number; write `client_registration = true` or `false`"#]],
    );
    wrong(
        "[server]\npublic_url = \"https://l\"\n[[server.jwt]]\nissuer = \"i\"\naudience = \"a\"\nhost = \"nowhere\"\naccount_claim = \"c\"\n",
        expect![[r#"
            louver.toml:4:1: [[server.jwt]] has no `jwks_url`; write where its keys are, as in `jwks_url = "https://id.example.com/jwks"`
            louver.toml:7:8: there is no host `nowhere`; write a [[host]] table with that name, or correct it"#]],
    );
}
