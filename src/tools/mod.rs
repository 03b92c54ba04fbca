//! The tools agents call, one file each, and the desk that answers every call the same way: grants, tool, disclosure, record.

mod absence;
mod analyze_impact;
mod args;
mod ask;
mod contracts;
mod cursor;
mod elsewhere;
mod explore;
mod find_references;
mod get_api_surface;
mod get_classification;
mod get_dependencies;
mod get_history;
mod get_index_status;
mod get_outline;
mod get_symbol;
mod get_type_hierarchy;
mod handle;
mod list_repos;
mod past;
mod quota;
mod search_symbols;
mod trace_calls;

pub(crate) use ask::{Ask, Opened};

use crate::access::{Grants, Limited, RepoHost, Subject};
use crate::audit;
use crate::disclosure::{
    self, AnswerText, Call, Disclosed, NotRecorded, Own, OwnInForce, Prepared, Pseudonyms, Refusal,
};
use crate::index::Index;
use crate::scope::{RepoName, Scope, ScopeInForce};
use quota::Quota;
use serde_json::{Map, Value};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Instant;

/// A tool as clients see it, and how it runs.
pub struct Tool {
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    schema: fn() -> Map<String, Value>,
    run: fn(&Ask<'_>, Map<String, Value>) -> Result<Prepared, Refusal>,
}

impl Tool {
    /// The JSON Schema of its arguments.
    pub fn input_schema(&self) -> Map<String, Value> {
        (self.schema)()
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How many of [`all`] every endpoint lists: what most questions need, in few tokens.
const USUAL: usize = 8;

/// The tools that are listed to clients who do not ask for more.
pub fn usual() -> &'static [Tool] {
    &all()[..USUAL]
}

/// Every tool, in the order agents should think of them. A call of any of them is answered at every endpoint.
pub fn all() -> &'static [Tool] {
    &[
        list_repos::TOOL,
        explore::TOOL,
        search_symbols::TOOL,
        get_outline::TOOL,
        get_symbol::TOOL,
        find_references::TOOL,
        trace_calls::TOOL,
        analyze_impact::TOOL,
        get_type_hierarchy::TOOL,
        get_api_surface::TOOL,
        get_dependencies::TOOL,
        get_history::TOOL,
        get_index_status::TOOL,
        get_classification::TOOL,
    ]
}

/// Who calls, as far as the transport can tell.
#[derive(Clone, Debug)]
pub struct Caller {
    pub subject: Subject,
    /// The login the call belongs to, if it came with one.
    pub session: Option<String>,
    /// The registered client that asks in the person's name.
    pub oauth_client: Option<String>,
    /// The only repositories the call may be about, if its credential is limited.
    pub repos: Option<Arc<[RepoName]>>,
    /// What the client says of itself.
    pub client_name: Option<String>,
    pub client_version: Option<String>,
    /// The network address of the client.
    pub address: Option<String>,
    /// W3C trace context of the call.
    pub trace: Option<String>,
}

/// Everything a tool call needs. One desk answers all clients.
pub struct Desk {
    scope: ScopeInForce,
    index: Index,
    log: Arc<audit::Log>,
    host: Box<dyn RepoHost>,
    pseudonyms: Option<Pseudonyms>,
    own: OwnInForce,
    quota: Quota,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// Answers from `index` under `scope`, for whom `host` vouches, recording in `log`. Without pseudonyms, tiers that tell names by them withhold names.
    pub fn new(scope: impl Into<ScopeInForce>, index: Index, log: Arc<audit::Log>, host: Box<dyn RepoHost>) -> Self {
        Self {
            scope: scope.into(),
            index,
            log,
            host,
            pseudonyms: None,
            own: OwnInForce::default(),
            quota: Quota::default(),
        }
    }

    /// Tells names by pseudonyms where the tier says so.
    #[must_use]
    pub fn with_pseudonyms(mut self, pseudonyms: Pseudonyms) -> Self {
        self.pseudonyms = Some(pseudonyms);
        self
    }

    /// Answers one call, or refuses it; either leaves a record before it is returned. `cancelled` is asked now and then.
    pub fn call(
        &self,
        caller: &Caller,
        tool: &str,
        arguments: Map<String, Value>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Disclosed<AnswerText>, NotRecorded> {
        let began = Instant::now();
        // One scope from here to the end of the call. What was purged for it is out of every later snapshot.
        let scope = self.scope.current(&|scope| {
            self.index.refresh_now();
            self.host.follow(scope);
        });
        self.log
            .follow(scope.audit().keep_queries, scope.audit().min_free_bytes);
        let own = self.own.follow(scope.organisation());
        let question = ["query", "task"].iter().find_map(|key| arguments.get(*key)?.as_str());
        let question = question.map(str::to_owned);
        let written = Value::Object(arguments.clone()).to_string();
        let client = caller
            .client_name
            .as_deref()
            .map(|name| (name, caller.client_version.as_deref().unwrap_or_default()));
        let call = Call {
            subject: &caller.subject,
            session: caller.session.as_deref(),
            oauth_client: caller.oauth_client.as_deref(),
            tool,
            arguments: &written,
            question: question.as_deref(),
            client,
            address: caller.address.as_deref(),
            trace: caller.trace.as_deref(),
            own: &own,
            scope: scope.digest(),
            began,
        };
        // A tool that panics has told nothing, and that it was asked is recorded like everything else.
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            self.outcome((&scope, &own), caller, tool, arguments, cancelled)
        }));
        let outcome = outcome.unwrap_or_else(|_| {
            tracing::error!(tool, "a call failed inside louver");
            Err(Refusal::Failed)
        });
        disclosure::disclose(&self.log, &call, outcome)
    }

    fn outcome(
        &self,
        (scope, own): (&Scope, &Arc<Own>),
        caller: &Caller,
        tool: &str,
        arguments: Map<String, Value>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Prepared, Refusal> {
        if !scope.clients().answers(caller.client_name.as_deref()) {
            return Err(Refusal::ClientNotApproved {
                client: caller.client_name.clone().unwrap_or_default(),
            });
        }
        let Some(found) = all().iter().find(|it| it.name == tool) else {
            return Err(Refusal::UnknownTool {
                tool: tool.to_owned(),
                tools: all().iter().map(|it| it.name).collect(),
            });
        };
        let account = format!("{}:{}", caller.subject.issuer, caller.subject.id);
        if let Some(most) = scope.audit().symbols_per_hour {
            self.quota.check(&self.log, &account, most)?;
        }
        let limited = caller.repos.as_deref().map(|repos| Limited::new(&*self.host, repos));
        let host: &dyn RepoHost = match &limited {
            Some(limited) => limited,
            None => &*self.host,
        };
        let grants = Grants::ask(host, &caller.subject, scope);
        let snapshot = self.index.snapshot();
        let names = (scope, self.pseudonyms.as_ref(), own);
        let prepared = (found.run)(
            &Ask::new(&grants, &snapshot, names, self.host.now(), cancelled),
            arguments,
        );
        // An answer about everything that lacks something says so, and says it before anything else.
        if let Some(why) = grants.incomplete() {
            return Err(Refusal::withheld(why, ""));
        }
        let prepared = prepared?;
        if cancelled() {
            return Err(Refusal::Cancelled);
        }
        if scope.audit().symbols_per_hour.is_some() {
            self.quota.charge(&account, prepared.told());
        }
        Ok(prepared)
    }

    /// Why no answer can be given at the moment, if that is so.
    pub fn not_ready(&self) -> Option<String> {
        self.log.health().err().map(|err| err.to_string())
    }
}
