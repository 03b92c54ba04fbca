//! Prompts: ready ways to use louver that a person picks by name.

use rmcp::ErrorData;
use rmcp::model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};

/// The longest argument that is put into a prompt.
const LONGEST_ARGUMENT: usize = 2_000;

pub(super) fn all() -> Vec<Prompt> {
    vec![
        Prompt::new(
            "learn_repository",
            Some("Learn how a repository is built before working on it"),
            Some(vec![argument("repo", "Name of the repository, as list_repos shows it")]),
        )
        .with_title("Learn a repository"),
        Prompt::new(
            "plan_change",
            Some("Find what a change touches before making it"),
            Some(vec![
                argument("repo", "Name of the repository, as list_repos shows it"),
                argument("change", "What is to be changed, in a sentence"),
            ]),
        )
        .with_title("Plan a change"),
    ]
}

pub(super) fn get(request: &GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    let take = |name: &str| take_argument(request, name);
    let (description, text) = match request.name.as_str() {
        "learn_repository" => {
            let repo = take("repo")?;
            (
                "Learn a repository",
                format!(
                    "Learn how the repository {repo} is built, with the louver tools. Call get_outline on {repo}, then on its two or \
                     three most central folders; call get_symbol on the entry points you find. Then say in ten lines: what it does, \
                     its main parts and how they call each other, where its tests are, and what you could not see."
                ),
            )
        }
        "plan_change" => {
            let (repo, change) = (take("repo")?, take("change")?);
            (
                "Plan a change",
                format!(
                    "Plan this change to {repo}: {change}\nUse the louver tools: search_symbols for the words of the change, get_symbol \
                     on the best matches, find_references on every symbol whose signature or behaviour would change. Then list the \
                     symbols to change with path and lines, the callers to adapt, the tests to run, and the open questions. Do not \
                     treat `possible` matches as callers."
                ),
            )
        }
        _ => {
            return Err(ErrorData::invalid_params(
                "no prompt of that name; prompts/list names them",
                None,
            ));
        }
    };
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).with_description(description))
}

fn argument(name: &str, description: &str) -> PromptArgument {
    PromptArgument::new(name)
        .with_description(description)
        .with_required(true)
}

fn take_argument(request: &GetPromptRequestParams, name: &str) -> Result<String, ErrorData> {
    let value = request
        .arguments
        .as_ref()
        .and_then(|arguments| arguments.get(name))
        .and_then(|value| value.as_str())
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| ErrorData::invalid_params(format!("the prompt needs the argument `{name}`"), None))?;
    Ok(value
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_ARGUMENT)
        .collect())
}
