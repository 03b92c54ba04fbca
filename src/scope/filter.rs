//! Which paths of an approved repository may be read.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Files that hold secrets, data or a person's settings, at any depth: excluded by policy wherever they turn up.
const SECRET_LIKE: &[&str] = &[
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    "*.pem",
    "*.key",
    "*.p8",
    "*.p12",
    "*.pfx",
    "*.ppk",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.gpg",
    "*.asc",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "credentials",
    "credentials.*",
    "client_secret*.json",
    "serviceAccountKey.json",
    "service-account*.json",
    "service_account*.json",
    "secret.{json,toml,yaml,yml,properties,xml,ini}",
    "secrets.{json,toml,yaml,yml,properties,xml,ini}",
    "*.secret",
    "*.secrets",
    "*.tfstate",
    "*.tfstate.*",
    "*.tfvars",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".docker/config.json",
    "kubeconfig",
    ".aws/",
    ".gnupg/",
    ".kube/",
    ".ssh/",
    ".vault-token",
    ".git/",
    ".idea/",
    ".vscode/settings.json",
];

/// Files of databases. A folder with such a name holds code (`Providers.Sqlite/`).
const DATABASES: &[&str] = &["*.sqlite", "*.sqlite3", "*.db"];

/// Folders of data at the root of a repository. Letter case counts: `Data/` is where some frameworks keep their classes.
const DATA_FOLDERS: &[&str] = &["/data/", "/logs/"];

/// Code that others wrote or a build made: it would only stand in the way of answers. Letter case counts here too.
const VENDORED: &[&str] = &[
    "node_modules/",
    "bower_components/",
    "jspm_packages/",
    "vendor/",
    "third_party/",
    "third-party/",
    "Godeps/",
    "Pods/",
    ".venv/",
    "site-packages/",
    ".yarn/",
    "dist/",
    "/target/",
    ".next/",
    ".nuxt/",
    "__pycache__/",
];

/// The rules of one repository for its paths: the default exclusions, those of the whole scope, and its own.
#[derive(Clone, Debug)]
pub struct PathFilter {
    set: GlobSet,
    /// The rule that each glob of the set was made from.
    owners: Vec<usize>,
    rules: Vec<Rule>,
}

/// What the filter says about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathDecision<'a> {
    /// The path may be read.
    Approved,
    /// The path counts as absent: nothing about it is read, kept or told.
    Excluded {
        /// The rule that decided, as `origin:pattern`.
        rule: &'a str,
    },
    /// The path holds others' code or the output of a build, and is passed over.
    Vendored {
        /// The rule that decided, as `origin:pattern`.
        rule: &'a str,
    },
}

#[derive(Clone, Debug)]
struct Rule {
    text: String,
    vendored: bool,
}

/// Why a glob cannot be used, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlobFault {
    /// An empty text.
    #[error("an exclusion cannot be empty; remove it, or write a path such as `infra/**`")]
    Empty,
    /// A `!` in front.
    #[error("exclusions only take away; remove the `!` glob, and narrow the one it was meant to soften")]
    Negation,
    /// A path that is not counted from the root of the repository.
    #[error("a glob is matched from the root of the repository; write it without `./`, `../` and `//`")]
    Relative,
    /// A backslash.
    #[error("write `/` between folders; a literal special character goes in brackets, as in `[*]`")]
    Backslash,
    /// A syntax error.
    #[error(
        "{0}; in a glob `*` stays inside a folder, `**` spans folders, `?` is one character, `{{a,b}}` is a choice"
    )]
    Syntax(String),
}

/// Collects the rules of a [`PathFilter`].
#[derive(Clone)]
pub(super) struct PathFilterBuilder {
    globs: GlobSetBuilder,
    owners: Vec<usize>,
    rules: Vec<Rule>,
}

impl PathFilter {
    /// Decides about a path, which is written from the root of the repository with `/` between folders.
    ///
    /// An exclusion outweighs a vendored folder, so that what policy hides is counted as hidden.
    pub fn decide(&self, path: &str) -> PathDecision<'_> {
        let matching = self.set.matches(path);
        let rules = matching.iter().map(|glob| &self.rules[self.owners[*glob]]);
        match rules.min_by_key(|rule| rule.vendored) {
            None => PathDecision::Approved,
            Some(Rule { text, vendored: false }) => PathDecision::Excluded { rule: text },
            Some(Rule { text, vendored: true }) => PathDecision::Vendored { rule: text },
        }
    }
}

impl PathFilter {
    /// Returns every rule in force, as `origin:pattern`.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.text.as_str())
    }
}

/// The filter of one glob and nothing else.
pub(super) fn alone(glob: &str) -> Option<PathFilter> {
    let mut builder = PathFilterBuilder::empty();
    builder.exclude("repo", glob).ok()?;
    builder.build().ok()
}

/// A rule beside the one at `at` that hides every path it hides, as far as two paths made from its pattern can tell.
pub(super) fn covers<'r>(rules: &[&'r str], at: usize) -> Option<&'r str> {
    let (_, glob) = rules.get(at)?.split_once(':')?;
    if glob.contains(['[', '{', '?']) {
        return None;
    }
    let samples = ["q7", "z/k3"].map(|filling| {
        let body = glob.trim_matches('/').replace("**", filling).replace('*', "w9");
        // A glob without a folder matches at any depth, where others may not.
        if glob.starts_with('/') || glob.trim_end_matches('/').contains('/') {
            vec![body.clone(), format!("{body}/x5")]
        } else {
            vec![body.clone(), format!("v1/{body}"), format!("v1/v2/{body}/x5")]
        }
    });
    let others = rules.iter().enumerate().filter(|(other, _)| *other != at);
    others.map(|(other, rule)| (other, *rule)).find_map(|(other, rule)| {
        let (origin, pattern) = rule.split_once(':')?;
        if origin == "default" || pattern == glob && other > at {
            return None;
        }
        let filter = alone(pattern)?;
        let hides = |path: &String| filter.decide(path) != PathDecision::Approved;
        samples.iter().flatten().all(hides).then_some(rule)
    })
}

impl PathFilterBuilder {
    /// Starts with nothing.
    fn empty() -> Self {
        Self {
            globs: GlobSetBuilder::new(),
            owners: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Starts with the default exclusions.
    pub(super) fn new() -> Self {
        let mut builder = Self::empty();
        for (patterns, vendored, any_case) in [
            (SECRET_LIKE, false, true),
            (DATABASES, false, true),
            (DATA_FOLDERS, false, false),
            (VENDORED, true, false),
        ] {
            for pattern in patterns {
                let added = builder.add_rule("default", pattern, vendored, any_case);
                debug_assert!(added.is_ok(), "the default exclusion `{pattern}` is not a glob");
            }
        }
        builder
    }

    /// Adds an exclusion; letter case is ignored, because one that misses a file is worse than one that catches a namesake.
    pub(super) fn exclude(&mut self, origin: &str, pattern: &str) -> Result<(), GlobFault> {
        self.add_rule(origin, pattern, false, true)
    }

    pub(super) fn build(self) -> Result<PathFilter, GlobFault> {
        Ok(PathFilter {
            set: self.globs.build().map_err(|error| GlobFault::of(&error))?,
            owners: self.owners,
            rules: self.rules,
        })
    }

    /// Adds a pattern with the meaning it has in `.gitignore`: without an inner `/` it matches at any depth, and a folder takes along what is in it.
    fn add_rule(&mut self, origin: &str, pattern: &str, vendored: bool, any_case: bool) -> Result<(), GlobFault> {
        check_form(pattern)?;
        let body = pattern.trim_start_matches('/').trim_end_matches('/');
        let anchored = pattern.starts_with('/') || body.contains('/') && !vendored && origin != "default";
        let prefix = if anchored || body.starts_with("**/") { "" } else { "**/" };
        let folder_only = pattern.ends_with('/');
        let itself = (!folder_only).then(|| format!("{prefix}{body}"));
        let file_only = origin == "default" && DATABASES.contains(&pattern);
        let beneath = (!body.ends_with("**") && !file_only).then(|| format!("{prefix}{body}/**"));
        for glob in itself.into_iter().chain(beneath) {
            let glob = GlobBuilder::new(&glob)
                .literal_separator(true)
                .case_insensitive(any_case)
                .build()
                .map_err(|error| GlobFault::of(&error))?;
            self.globs.add(glob);
            self.owners.push(self.rules.len());
        }
        self.rules.push(Rule {
            text: format!("{origin}:{pattern}"),
            vendored,
        });
        Ok(())
    }
}

fn check_form(pattern: &str) -> Result<(), GlobFault> {
    if pattern.trim().is_empty() || pattern.trim_matches('/').is_empty() {
        return Err(GlobFault::Empty);
    }
    if pattern.starts_with('!') {
        return Err(GlobFault::Negation);
    }
    if pattern.contains('\\') {
        return Err(GlobFault::Backslash);
    }
    let inner = pattern.strip_prefix('/').unwrap_or(pattern);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(GlobFault::Relative);
    }
    Ok(())
}

impl GlobFault {
    fn of(error: &globset::Error) -> Self {
        Self::Syntax(error.kind().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{PathDecision, PathFilterBuilder};

    fn decide(exclude: &[&str], path: &str) -> String {
        let mut builder = PathFilterBuilder::new();
        for pattern in exclude {
            builder.exclude("repo", pattern).expect("a good glob");
        }
        let filter = builder.build().expect("good globs");
        match filter.decide(path) {
            PathDecision::Approved => "approved".to_owned(),
            PathDecision::Excluded { rule } => format!("excluded by {rule}"),
            PathDecision::Vendored { rule } => format!("vendored by {rule}"),
        }
    }

    #[test]
    fn default_exclusions_hold_at_any_depth_and_in_any_case() {
        for (path, rule) in [
            (".env", ".env"),
            ("deploy/.ENV", ".env"),
            ("a/b/.env.production", ".env.*"),
            ("certs/Server.PEM", "*.pem"),
            ("a/serviceaccountkey.json", "serviceAccountKey.json"),
            ("x/id_rsa.pub", "id_rsa*"),
            ("app/.idea/misc.xml", ".idea/"),
            ("app/.vscode/settings.json", ".vscode/settings.json"),
            ("cache/users.db", "*.db"),
            ("data/seed.ts", "/data/"),
            ("logs/a/b.rs", "/logs/"),
            ("home/.aws/config", ".aws/"),
            ("secrets.yml", "secrets.{json,toml,yaml,yml,properties,xml,ini}"),
        ] {
            assert_eq!(decide(&[], path), format!("excluded by default:{rule}"), "{path}");
        }
    }

    #[test]
    fn default_exclusions_leave_code_alone() {
        for path in [
            "src/environment.rs",
            "src/env.rs",
            "src/data/mod.rs",
            "Data/Context.ts",
            "src/keys.ts",
            "database.ts",
            "src/target/mod.rs",
            "lib/secrets.rs",
            "datas.rs",
            ".github/actions/a.ts",
        ] {
            assert_eq!(decide(&[], path), "approved", "{path}");
        }
    }

    #[test]
    fn an_exclusion_outweighs_a_vendored_folder() {
        assert_eq!(
            decide(&[], "web/node_modules/x/i.js"),
            "vendored by default:node_modules/"
        );
        assert_eq!(decide(&[], "target/debug/a.rs"), "vendored by default:/target/");
        assert_eq!(decide(&[], "node_modules/x/.env"), "excluded by default:.env");
        assert_eq!(decide(&["vendor/"], "vendor/x.js"), "excluded by repo:vendor/");
    }

    #[test]
    fn globs_mean_what_they_mean_in_gitignore() {
        let cases = [
            ("infra/prod", "infra/prod/a/db.rs", true),
            ("infra/prod", "x/infra/prod/db.rs", false),
            ("infra/prod/**", "infra/prod/db.rs", true),
            ("**/prod/**", "a/prod/db.rs", true),
            ("legacy", "a/legacy/b.rs", true),
            ("legacy/", "legacy", false),
            ("/legacy", "a/legacy/b.rs", false),
            ("*.rs", "a/b.rs", true),
            ("src/*.rs", "src/a/b.rs", false),
            ("SRC/*.rs", "src/a.rs", true),
            ("{a,b}/**", "b/c.rs", true),
            ("[!a].rs", "b.rs", true),
        ];
        for (glob, path, excluded) in cases {
            assert_eq!(decide(&[glob], path) != "approved", excluded, "{glob} {path}");
        }
    }
}
