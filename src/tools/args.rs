//! Arguments: what tools share, and how JSON becomes them.

use crate::disclosure::{Budget, Refusal};
use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
}

/// Reads the arguments of a tool; an error says what is wrong in a caller's words.
pub(crate) fn parse<A: DeserializeOwned>(arguments: Map<String, Value>) -> Result<A, Refusal> {
    serde_json::from_value(Value::Object(arguments)).map_err(|err| bad(err.to_string()))
}

/// Reads a list of texts, or a text alone as a list of one: agents often leave the brackets out.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Texts;

    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a list of strings")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    deserializer.deserialize_any(Texts)
}

/// Refuses arguments.
pub(crate) fn bad(problem: impl Into<String>) -> Refusal {
    Refusal::BadArguments {
        problem: problem.into(),
    }
}

/// The budget of a call.
pub(crate) fn budget(format: Format, max_tokens: Option<u32>) -> Result<Budget, Refusal> {
    Budget::new(format == Format::Json, max_tokens).map_err(bad)
}

/// A text argument that must say something and may not be endless.
pub(crate) fn filled<'a>(name: &str, text: &'a str, most: usize) -> Result<&'a str, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(bad(format!("`{name}` is empty")));
    }
    if text.chars().count() > most {
        return Err(bad(format!("`{name}` is longer than {most} characters")));
    }
    Ok(text)
}

/// The input schema of `A`, without what clients do not need.
pub(crate) fn schema<A: JsonSchema>() -> Map<String, Value> {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<A>()
        .to_value();
    tidy(&mut schema);
    match schema {
        Value::Object(mut map) => {
            map.remove("$schema");
            map.remove("title");
            map.remove("description");
            map
        }
        _ => Map::new(),
    }
}

/// Drops number formats and `null` alternatives: some clients reject them, and leaving an argument out says the same.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove("format");
            map.remove("writeOnly");
            map.remove("minimum");
            if map.get("default") == Some(&Value::Null) {
                map.remove("default");
            }
            if let Some(Value::Array(types)) = map.get("type") {
                let rest: Vec<Value> = types.iter().filter(|it| *it != "null").cloned().collect();
                if let [only] = rest.as_slice() {
                    map.insert("type".to_owned(), only.clone());
                }
            }
            if let Some(Value::Array(options)) = map.get_mut("anyOf") {
                options.retain(|it| it.get("type").is_none_or(|kind| kind != "null"));
                if let [only] = options.as_slice() {
                    let only = only.clone();
                    map.remove("anyOf");
                    if let Value::Object(only) = only {
                        for (key, value) in only {
                            map.entry(key).or_insert(value);
                        }
                    }
                }
            }
            // `properties` holds arguments by name: an argument called `format` stays.
            for (key, value) in map.iter_mut() {
                if key == "properties" {
                    if let Value::Object(arguments) = value {
                        arguments.values_mut().for_each(tidy);
                    }
                } else {
                    tidy(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => (),
    }
}
