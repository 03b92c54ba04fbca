//! Settings of Django and who reads them.

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
