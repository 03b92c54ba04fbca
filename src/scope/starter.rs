//! The scope file that `louver init` writes.

use super::RepoName;
use std::path::Path;

const HEADER: &str = r#"# The scope: what louver may know, and how much of it it may tell.
# What is not listed here is never fetched, read, stored or answered.
version = 1

# Globs that exclude files of every repository, beside the default exclusions
# (.env*, *.pem, *.key, credentials.*, *.sqlite, *.db, .idea/, data/, logs/ and the like).
exclude = []

[defaults]
# The tier of a repository that sets none: public, internal, confidential or restricted (nothing is indexed).
tier = "restricted"
"#;

const EXAMPLE: &str = r#"
# [[repo]]
# name = "acme/payments"
# url = "https://git.example.com/acme/payments.git"
# credential_env = "PAYMENTS_TOKEN"
# branch = "main"
# tier = "internal"
# owner = "payments@example.com"
# exclude = ["infra/prod/**"]
"#;

/// Writes a commented scope file that lists local repositories as `internal`.
pub fn starter<'a>(repos: impl IntoIterator<Item = (&'a RepoName, &'a Path)>) -> String {
    let mut text = HEADER.to_owned();
    for (name, path) in repos {
        let name = quoted(name.as_str());
        let path = quoted(&path.to_string_lossy());
        text.push_str(&format!(
            "\n[[repo]]\nname = {name}\npath = {path}\ntier = \"internal\"\n# Who answers for it; a person or a team.\nowner = \"unassigned\"\n"
        ));
    }
    text.push_str(EXAMPLE);
    text
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
