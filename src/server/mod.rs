//! The MCP server: stdio and streamable HTTP, both protocol eras, one dispatcher for all tools.
//!
//! It knows transports and JSON and no source text: what it sends of a repository is a `Disclosed` answer, whole.

mod caller;
mod client;
mod http;
mod login;
mod prompts;
mod proxies;
mod resources;
mod webhooks;
mod witness;

pub use client::{Client, ClientError};
pub use http::{HttpOptions, ServeError, serve_http};
pub use login::{Login, LoginSetup};
pub use webhooks::Webhooks;
pub use witness::serve_witness;

use crate::disclosure::{AnswerText, Disclosed};
use crate::tools::{self, Desk};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod, CompleteRequestParams,
    CompleteResult, ContentBlock, CustomRequest, CustomResult, DiscoverResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, Implementation, JsonObject, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// What an agent is told about louver before it asks anything. Clients cut it at 2 KB.
pub const INSTRUCTIONS: &str = include_str!("instructions.txt");

/// How long a client may keep lists that only a new release of louver changes.
const LIST_TTL_MS: u64 = 300_000;

/// The revisions of MCP that are served, oldest first.
const REVISIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// One louver as rmcp sees it: cheap to clone, without state of its own.
#[derive(Clone)]
pub struct McpServer {
    desk: Arc<Desk>,
    listed: Listed,
}

/// Which tools a client is listed. It may call all of them either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listed {
    #[default]
    Usual,
    All,
}

impl McpServer {
    /// Serves the tools of `desk`.
    pub fn new(desk: Arc<Desk>, listed: Listed) -> Self {
        Self { desk, listed }
    }

    /// Answers one tool call. Everything that reads a repository comes through here.
    async fn ask(
        &self,
        tool: &str,
        arguments: JsonObject,
        context: &RequestContext<RoleServer>,
    ) -> Result<Disclosed<AnswerText>, ErrorData> {
        let caller = caller::of(context);
        let (desk, tool) = (Arc::clone(&self.desk), tool.to_owned());
        let cancelled = context.ct.clone();
        let work =
            tokio::task::spawn_blocking(move || desk.call(&caller, &tool, arguments, &|| cancelled.is_cancelled()));
        match work.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(not_recorded)) => Err(ErrorData::internal_error(not_recorded.to_string(), None)),
            Err(_) => Err(ErrorData::internal_error(
                "the call failed inside louver; tell its operator",
                None,
            )),
        }
    }
}

/// Serves one client over standard input and output until it hangs up.
pub async fn serve_stdio(desk: Arc<Desk>, listed: Listed) -> Result<(), ServeError> {
    let service = McpServer::new(desk, listed)
        .serve(rmcp::transport::stdio())
        .await
        .map_err(|err| ServeError::Handshake(err.to_string()))?;
    service
        .waiting()
        .await
        .map_err(|err| ServeError::Handshake(err.to_string()))?;
    Ok(())
}

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    tools::all()
        .iter()
        .map(|tool| {
            let schema = tool.input_schema();
            Tool::new(tool.name, tool.description, Arc::new(schema))
                .with_annotations(
                    ToolAnnotations::with_title(tool.title)
                        .read_only(true)
                        .destructive(false)
                        .idempotent(true)
                        .open_world(false),
                )
                .with_meta(MetaObject(rmcp::object!({ "anthropic/maxResultSizeChars": 60_000 })))
        })
        .collect()
});

/// Whether the client speaks the revision that gives lists a lifetime.
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

impl ServerHandler for McpServer {
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let answer = self
            .ask(&request.name, request.arguments.unwrap_or_default(), &context)
            .await?;
        if answer.is_unknown_tool() {
            let receipt = serde_json::json!({ "louver/receipt": answer.receipt() });
            return Err(ErrorData::invalid_params(answer.text().to_owned(), Some(receipt)));
        }
        let content = vec![ContentBlock::text(answer.text())];
        let mut result = if answer.is_refusal() {
            CallToolResult::error(content)
        } else {
            CallToolResult::success(content)
        };
        result.meta = Some(MetaObject(rmcp::object!({
            "io.modelcontextprotocol/serverInfo": { "name": "louver", "version": env!("CARGO_PKG_VERSION") },
            "louver/receipt": answer.receipt(),
        })));
        Ok(result.into())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let most = match self.listed {
            Listed::Usual => tools::usual().len(),
            Listed::All => TOOLS.len(),
        };
        let list = ListToolsResult::with_all_items(TOOLS[..most].to_vec());
        Ok(if is_modern(&context) {
            list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public)
        } else {
            list
        })
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        TOOLS.iter().find(|tool| tool.name == name).cloned()
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let list = ListPromptsResult::with_all_items(prompts::all());
        Ok(if is_modern(&context) {
            list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public)
        } else {
            list
        })
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request).map(GetPromptResponse::from)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let list = ListResourcesResult::with_all_items(resources::all());
        Ok(if is_modern(&context) {
            list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public)
        } else {
            list
        })
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let list = ListResourceTemplatesResult::with_all_items(resources::templates());
        Ok(if is_modern(&context) {
            list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(CacheScope::Public)
        } else {
            list
        })
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(self, &request.uri, &context)
            .await
            .map(ReadResourceResponse::from)
    }

    // What rmcp could not read as a request it knows comes here; a known method with misshapen parameters is told so.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        match request.method.as_str() {
            "tools/call" | "prompts/get" | "resources/read" => Err(ErrorData::invalid_params(
                "the parameters do not have the form of this method; `arguments` is an object",
                None,
            )),
            _ => Err(ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                "louver has no such method",
                None,
            )),
        }
    }

    // rmcp answers this with an empty list by default; louver does not declare completions, so the method does not exist.
    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Owned(REVISIONS.to_vec())
    }

    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("louver", env!("CARGO_PKG_VERSION")).with_title("louver: structure, never source"),
            )
            .with_instructions(INSTRUCTIONS)
    }
}
