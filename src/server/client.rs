//! A small MCP client over HTTP, for asking a running server the way an agent does.

use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, JsonObject};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("cannot reach the MCP server at `{url}`: {cause}")]
    Connect { url: String, cause: String },
    #[error("the MCP server did not answer `{tool}`: {cause}")]
    Call { tool: String, cause: String },
}

/// A connection to an MCP server.
#[derive(Debug)]
pub struct Client {
    service: RunningService<RoleClient, ()>,
}

impl Client {
    /// Connects and shakes hands.
    pub async fn connect(url: &str) -> Result<Self, ClientError> {
        let transport = StreamableHttpClientTransport::from_uri(url);
        let service = ().serve(transport).await.map_err(|err| ClientError::Connect {
            url: url.to_owned(),
            cause: err.to_string(),
        })?;
        Ok(Self { service })
    }

    /// Calls a tool and returns its text.
    pub async fn call(&self, tool: &str, arguments: JsonObject) -> Result<String, ClientError> {
        let failed = |cause: String| ClientError::Call {
            tool: tool.to_owned(),
            cause,
        };
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let result = self
            .service
            .call_tool(request)
            .await
            .map_err(|err| failed(err.to_string()))?;
        let text: Vec<&str> = result
            .content
            .iter()
            .filter_map(|block| block.as_text().map(|text| text.text.as_str()))
            .collect();
        if result.is_error == Some(true) {
            return Err(failed(text.join("\n")));
        }
        Ok(text.join("\n"))
    }

    /// Hangs up.
    pub async fn close(self) {
        // The server notices a closed connection by itself.
        drop(self.service.cancel().await);
    }
}
