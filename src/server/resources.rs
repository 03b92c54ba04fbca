//! Resources: the repository list and repository maps, for clients that let a person attach them.
//!
//! Reading one is a tool call by another name: same grants, same disclosure, same record.

use super::McpServer;
use rmcp::model::{
    CacheScope, JsonObject, MetaObject, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

const REPOSITORIES: &str = "louver://repositories";
const OUTLINE: &str = "louver://outline/";

/// How long a client may keep what it read: answers differ by person and change with every indexing.
const READ_TTL_MS: u64 = 0;

pub(super) fn all() -> Vec<Resource> {
    vec![
        Resource::new(REPOSITORIES, "repositories")
            .with_title("Repositories you may ask about")
            .with_description("Every repository louver may tell you about, with commit, age and size")
            .with_mime_type("text/plain"),
    ]
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new("louver://outline/{+repo}", "outline")
            .with_title("Outline of a repository")
            .with_description("The folders, files and public symbols of one repository")
            .with_mime_type("text/plain"),
    ]
}

pub(super) async fn read(
    server: &McpServer,
    uri: &str,
    context: &RequestContext<RoleServer>,
) -> Result<ReadResourceResult, ErrorData> {
    let (tool, arguments) = if uri == REPOSITORIES {
        ("list_repos", JsonObject::new())
    } else if let Some(repo) = uri.strip_prefix(OUTLINE) {
        let mut arguments = JsonObject::new();
        arguments.insert("target".to_owned(), repo.into());
        ("get_outline", arguments)
    } else {
        return Err(not_found(uri));
    };
    let answer = server.ask(tool, arguments, context).await?;
    if answer.is_refusal() {
        let mut err = not_found(uri);
        if let Some(serde_json::Value::Object(data)) = &mut err.data {
            data.insert("louver/receipt".to_owned(), answer.receipt());
        }
        return Err(err);
    }
    let contents = ResourceContents::text(answer.text(), uri);
    let mut result = ReadResourceResult::new(vec![contents])
        .with_ttl_ms(READ_TTL_MS)
        .with_cache_scope(CacheScope::Private);
    result.meta = Some(MetaObject(rmcp::object!({ "louver/receipt": answer.receipt() })));
    Ok(result)
}

fn not_found(uri: &str) -> ErrorData {
    let uri: String = uri.chars().take(200).collect();
    ErrorData::invalid_params(
        "no such resource; resources/list names them",
        Some(serde_json::json!({ "uri": uri })),
    )
}
