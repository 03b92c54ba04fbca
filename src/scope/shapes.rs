//! The tables of a scope file that are not described beside what they hold.

use super::fields::{Key, Shape};

const MAX_FILE_BYTES: Key = Key {
    name: "max_file_bytes",
    wanted: "a number of bytes, as in `max_file_bytes = 1048576`",
};

const HISTORY: Key = Key {
    name: "history",
    wanted: "a number of commits, as in `history = 200`",
};

const TIER: Key = Key {
    name: "tier",
    wanted: "`tier = \"public\"`, `\"internal\"`, `\"confidential\"` or `\"restricted\"`",
};

const EXCLUDE: Key = Key {
    name: "exclude",
    wanted: "a list of globs, as in `exclude = [\"infra/prod/**\"]`",
};

const SOURCES: Key = Key {
    name: "sources",
    wanted: "`sources = \"keep\"` or `\"discard\"`",
};

const RETENTION_DAYS: Key = Key {
    name: "retention_days",
    wanted: "a number of days, as in `retention_days = 90`",
};

pub(super) static FILE: Shape = Shape {
    table: "the scope file",
    keys: &[
        Key {
            name: "version",
            wanted: "`version = 1`",
        },
        EXCLUDE,
        Key {
            name: "include",
            wanted: "a list of files beside this one, as in `include = [\"payments.toml\"]`",
        },
        Key {
            name: "defaults",
            wanted: "a table, as in `[defaults]`",
        },
        Key {
            name: "tiers",
            wanted: "one table for each tier, as in `[tiers.internal]`",
        },
        Key {
            name: "organisation",
            wanted: "a table, as in `[organisation]`",
        },
        Key {
            name: "pattern",
            wanted: "one table for each pattern, as in `[[pattern]]`",
        },
        Key {
            name: "clients",
            wanted: "a table, as in `[clients]`",
        },
        Key {
            name: "roles",
            wanted: "a table, as in `[roles]`",
        },
        Key {
            name: "changes",
            wanted: "a table, as in `[changes]`",
        },
        TEAM,
        REPOS,
        EXCEPTION,
        TEST,
        Key {
            name: "host",
            wanted: "one table for each repository host, as in `[[host]]`",
        },
        Key {
            name: "server",
            wanted: "a table, as in `[server]`",
        },
        Key {
            name: "audit",
            wanted: "a table, as in `[audit]`",
        },
    ],
};

const REPOS: Key = Key {
    name: "repo",
    wanted: "one table for each repository, as in `[[repo]]`",
};

const TEAM: Key = Key {
    name: "team",
    wanted: "one table for each team, as in `[[team]]`",
};

const EXCEPTION: Key = Key {
    name: "exception",
    wanted: "one table for each exception, as in `[[exception]]`",
};

const TEST: Key = Key {
    name: "test",
    wanted: "one table for each expectation, as in `[[test]]`",
};

/// What a file may hold that another includes.
pub(super) static INCLUDED: Shape = Shape {
    table: "an included file",
    keys: &[TEAM, REPOS, EXCEPTION, TEST],
};

pub(super) static DEFAULTS: Shape = Shape {
    table: "[defaults]",
    keys: &[TIER, MAX_FILE_BYTES, HISTORY, SOURCES, RETENTION_DAYS],
};

pub(super) static CHANGES: Shape = Shape {
    table: "[changes]",
    keys: &[Key {
        name: "allowed_signers",
        wanted: "a file beside this one in the format of ssh-keygen, as in `allowed_signers = \"allowed_signers\"`",
    }],
};

pub(super) static REPO: Shape = Shape {
    table: "[[repo]]",
    keys: &[
        Key {
            name: "name",
            wanted: "a name, as in `name = \"acme/payments\"`",
        },
        Key {
            name: "path",
            wanted: "a folder, as in `path = \"../payments\"`",
        },
        Key {
            name: "url",
            wanted: "a clone URL, as in `url = \"https://git.example.com/acme/payments.git\"`",
        },
        TIER,
        Key {
            name: "owner",
            wanted: "who answers for it, as in `owner = \"payments@example.com\"`",
        },
        Key {
            name: "branch",
            wanted: "a branch, as in `branch = \"main\"`",
        },
        Key {
            name: "tag",
            wanted: "a tag, as in `tag = \"v1.2.0\"`",
        },
        Key {
            name: "readers",
            wanted: "a list of people, as in `readers = [\"team:payments\", \"github:alice\"]`",
        },
        Key {
            name: "review_by",
            wanted: "a day, as in `review_by = 2027-02-01`",
        },
        EXCLUDE,
        Key {
            name: "credential_env",
            wanted: "the name of an environment variable, as in `credential_env = \"GIT_TOKEN\"`",
        },
        Key {
            name: "credential_command",
            wanted: "a program and its arguments, as in `credential_command = [\"pass\", \"git/token\"]`",
        },
        Key {
            name: "credential_user",
            wanted: "an account name, as in `credential_user = \"oauth2\"`",
        },
        Key {
            name: "host",
            wanted: "the name of a [[host]], as in `host = \"github\"`",
        },
        Key {
            name: "id",
            wanted: "its id at the host, as in `id = 583231` (Bitbucket: its UUID in quotes)",
        },
        MAX_FILE_BYTES,
        HISTORY,
        SOURCES,
        RETENTION_DAYS,
    ],
};
