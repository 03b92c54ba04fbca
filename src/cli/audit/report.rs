//! `louver audit report`: evidence in figures.

use super::out::archive;
use super::select::{Select, now};
use crate::audit::Class;
use crate::audit::report::{FRAMEWORKS, Report, Subject};
use crate::cli::record::Act;
use crate::cli::{Format, Shared, progress};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    about: About,
}

#[derive(Debug, Subcommand)]
enum About {
    /// One session, record by record
    Session {
        id: String,
        #[command(flatten)]
        select: Select,
    },
    /// What reached one person
    User {
        #[arg(value_name = "USER")]
        name: String,
        #[command(flatten)]
        select: Select,
    },
    /// Who reached one repository
    Repository {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        select: Select,
    },
    /// Who was let in where, when last and on which ground
    Access {
        #[command(flatten)]
        select: Select,
    },
    /// Evidence for the controls of a framework
    Controls {
        #[arg(value_parser = PossibleValuesParser::new(FRAMEWORKS.map(|(word, _)| word)))]
        framework: String,
        #[command(flatten)]
        select: Select,
    },
}

pub(super) fn run(shared: &Shared, options: &Options) -> anyhow::Result<ExitCode> {
    let (subject, select) = match &options.about {
        About::Session { id, select } => (Subject::Session(id.clone()), select),
        About::User { name, select } => (Subject::User(name.clone()), select),
        About::Repository { name, select } => (Subject::Repository(name.clone()), select),
        About::Access { select } => (Subject::Access, select),
        About::Controls { framework, select } => (Subject::Controls(framework.clone()), select),
    };
    let (place, archive) = archive(shared)?;
    let now = now();
    let report = Report::of(&archive, &subject, &select.filter(now)?, now)?;
    Act::new(Class::Export, "audit report")
        .about(&format!("{subject:?} {}", report.question))
        .with("records", report.figures.records)
        .record(&place)?;
    match shared.format {
        Format::Json => progress::put(format_args!("{}", report.json()?))?,
        _ => progress::put(format_args!("{}", report.markdown().trim_end()))?,
    }
    Ok(ExitCode::SUCCESS)
}
