//! Integration tests; one binary.

mod answers;
mod audit_log;
mod bad_requests;
mod budget;
mod canary;
mod clients;
mod compile_fail;
mod conformance;
mod corpus;
mod crash;
mod examples;
mod extraction;
mod index;
mod index_schema;
mod indexing;
mod layering;
mod leaks;
mod mcp_clients;
mod resolution;
mod scope_file;
mod scope_hosts;
mod secret_rules;
mod served;
mod sources;
mod tidy;
mod world;
