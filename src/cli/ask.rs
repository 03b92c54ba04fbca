//! `louver ask`: one tool call from the command line, recorded like any other.

use super::place::{Place, load_scope};
use super::{Format, Shared, progress};
use crate::access::LocalHost;
use crate::tools::{self, Caller};
use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The tool, for example explore, search_symbols, get_outline, get_symbol or find_references
    tool: String,
    /// Its arguments; a value that is JSON is taken as JSON, anything else as text
    #[arg(value_name = "KEY=VALUE")]
    arguments: Vec<String>,
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let mut arguments = parse(&options.tool, &options.arguments)?;
    if shared.format == Format::Json {
        arguments.entry("format").or_insert_with(|| "json".into());
    }
    let scope = load_scope(shared)?;
    let place = Place::of(shared)?;
    let log = Arc::new(place.open_log()?);
    let desk = place.open_desk(scope, log)?;
    let caller = Caller {
        subject: LocalHost::subject(),
        session: None,
        oauth_client: None,
        repos: None,
        client_name: Some("louver ask".to_owned()),
        client_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        address: None,
        trace: None,
    };
    let answer = desk.call(&caller, &options.tool, arguments, &|| false)?;
    if answer.is_refusal() {
        progress::say(format_args!("{}", answer.text()));
        return Ok(ExitCode::FAILURE);
    }
    progress::put(format_args!("{}", answer.text().trim_end()))?;
    if !shared.quiet {
        progress::say(format_args!("record {}", answer.record()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads `key=value` pairs; what the tool takes as text stays text, even if it looks like a number.
fn parse(tool: &str, pairs: &[String]) -> anyhow::Result<Map<String, Value>> {
    let schema = tools::all()
        .iter()
        .find(|it| it.name == tool)
        .map(|it| it.input_schema());
    let mut arguments = Map::new();
    for pair in pairs {
        let Some((key, value)) = pair.split_once('=') else {
            bail!("`{pair}` is not KEY=VALUE; for example query=retry");
        };
        let kind = schema
            .as_ref()
            .and_then(|schema| schema.get("properties")?.get(key)?.get("type")?.as_str());
        let value = match kind {
            Some("string") | None => Value::String(value.to_owned()),
            Some("array") if !value.starts_with('[') => {
                value.split(',').map(|it| Value::String(it.to_owned())).collect()
            }
            Some(_) => serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned())),
        };
        arguments.insert(key.to_owned(), value);
    }
    Ok(arguments)
}
