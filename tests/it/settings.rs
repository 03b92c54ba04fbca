//! Settings of Django and who reads them, and keys of the environment that functions of other files read.

use crate::world::{World, repository};
use serde_json::{Value, json};

#[test]
fn settings_of_django_are_variables_of_its_modules_of_settings() {
    let folder = repository(&[
        ("site/base.py", "INSTALLED_APPS = []\nLIMIT = 1\nONLY = 2\n"),
        ("site/dev.py", "from .base import *\nLIMIT = 2\nDEBUG = True\n"),
        ("other.py", "DEBUG = False\nELSEWHERE = 1\n"),
        (
            "shop/views.py",
            "from django.conf import settings\nfrom somewhere import settings as others\ndef view():\n    \
             return settings.DEBUG, settings.ELSEWHERE, settings.ONLY, others.DEBUG\ndef limited():\n    return settings.LIMIT\n",
        ),
    ]);
    let world = World::of(&[("acme/shop", "internal", folder.path())]);
    let uses = |symbol: &str| {
        let arguments = json!({ "symbol": format!("acme/shop:{symbol}"), "format": "json" });
        let answer: Value = serde_json::from_str(&world.ask("find_references", arguments)).expect("JSON");
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let lines = items.iter().map(|it| it.to_string());
        let lines: Vec<String> = lines.filter(|it| it.contains("shop/views.py")).collect();
        lines.join("\n")
    };
    let is_read = |symbol: &str, how: &str| uses(symbol).contains(how);
    assert!(
        is_read("site/dev.py#DEBUG", "inferred"),
        "{}",
        uses("site/dev.py#DEBUG")
    );
    assert!(is_read("site/base.py#ONLY", "inferred"));
    assert!(
        is_read("site/base.py#LIMIT", "possible") && is_read("site/dev.py#LIMIT", "possible"),
        "{}",
        uses("site/dev.py#LIMIT")
    );
    assert_eq!(uses("other.py#DEBUG") + &uses("other.py#ELSEWHERE"), "");
}

#[test]
fn what_readers_of_the_environment_are_given_in_other_files_is_a_key() {
    let folder = repository(&[
        (
            "py/env.py",
            "import os\ndef env_flag(name, usual=None):\n    return os.getenv(name, usual)\ndef env_text(text):\n    return text\n\
             class Env:\n    def get_env(self, kind, name): return os.environ[name]\n",
        ),
        (
            "py/main.py",
            "from env import Env, env_flag, env_text\nimport other\nDEBUG = env_flag('PY_DEBUG', 'CANARY')\nenv_text('CANARY')\nother.env_flag('CANARY')\n\
             env = Env()\nenv.get_env('CANARY', 'PY_HOME')\n",
        ),
        ("go.mod", "module acme/a\n"),
        (
            "conf/env.go",
            "package conf\nimport \"os\"\nfunc GetEnv(name string) string { return os.Getenv(name) }\n",
        ),
        ("conf/more.go", "package conf\nvar more = GetEnv(\"GO_MORE\")\n"),
        (
            "main.go",
            "package main\nimport \"acme/a/conf\"\nfunc main() { conf.GetEnv(\"GO_MAIN\"); other.GetEnv(\"CANARY\") }\n",
        ),
        (
            "ts/env.ts",
            "export function needEnv(name: string) { return process.env[name]; }\n",
        ),
        (
            "ts/main.ts",
            "import { needEnv } from './env';\nimport { otherEnv } from './other';\nneedEnv('TS_NEEDED');\notherEnv('CANARY');\n",
        ),
    ]);
    let world = World::of(&[("acme/shop", "internal", folder.path())]);
    let arguments = json!({ "target": "acme/shop", "kinds": ["environment_key"], "format": "json" });
    let answer: Value = serde_json::from_str(&world.ask("get_api_surface", arguments)).expect("JSON");
    let items = answer["items"].as_array().expect("items").iter();
    let mut keys: Vec<&str> = items
        .filter_map(|it| it["handle"].as_str()?.rsplit(['.', '#']).next())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["GO_MAIN", "GO_MORE", "PY_DEBUG", "PY_HOME", "TS_NEEDED"]);
}
