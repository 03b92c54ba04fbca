//! The process that parses: `louver extraction-worker`, which reads files on its standard input and writes facts on its standard output.
//!
//! Grammars have scanners written in C, and some can be made to crash or never to end. So they run here, without files, without
//! network and within limits, where the worst costs one file.

use super::confine::confine;
use super::extract::{Extraction, Limits, Options, Skipped, extract};
use super::facts::FileFacts;
use super::packages::{self, PackageFacts};
use super::words::WordKey;
use super::{Grammar, SourceText};
use bitcode::{Decode, Encode};
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{process, thread};

/// The argument that makes louver a worker.
pub const ARGUMENT: &str = "extraction-worker";

/// Room for the recursion over deeply nested code.
const STACK: usize = 64 << 20;

/// How long a worker lets itself be busy with one file; its parent is less patient.
const PATIENCE: Duration = Duration::from_secs(30);

/// No frame is longer.
const MAX_FRAME: usize = 1 << 30;

/// What a worker is told first.
#[derive(Encode, Decode)]
pub(super) struct Setup {
    pub(super) word_key: [u8; 32],
    pub(super) bytes: u64,
    pub(super) line_bytes: u64,
    pub(super) depth: u64,
    pub(super) symbols: u64,
    pub(super) parse_millis: u64,
    /// Grammars that are not compiled in: their names and files.
    pub(super) grammars: Vec<(String, Vec<(String, String)>)>,
}

/// Stands for a grammar where a file is to be read for the packages it names.
pub(super) const PACKAGES: &str = ":packages";

/// One file to read.
#[derive(Encode, Decode)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) grammar: String,
    pub(super) text: Vec<u8>,
}

/// What became of it.
#[derive(Encode, Decode)]
pub(super) enum Reply {
    Facts(Box<FileFacts>),
    Packages(Option<PackageFacts>),
    Skipped(Skipped),
}

impl Setup {
    pub(super) fn new(options: &Options, grammars: &[Grammar]) -> Self {
        let Limits {
            bytes,
            line_bytes,
            depth,
            symbols,
            parse_time,
        } = options.limits;
        let files = |grammar: &Grammar| {
            grammar
                .files()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect()
        };
        Self {
            word_key: *options.word_key.bytes(),
            bytes: bytes as u64,
            line_bytes: line_bytes as u64,
            depth: depth as u64,
            symbols: symbols as u64,
            parse_millis: parse_time.as_millis() as u64,
            grammars: grammars
                .iter()
                .map(|grammar| (grammar.name().to_owned(), files(grammar)))
                .collect(),
        }
    }

    pub(super) fn options(&self) -> Options {
        let limits = Limits {
            bytes: self.bytes as usize,
            line_bytes: self.line_bytes as usize,
            depth: self.depth as usize,
            symbols: self.symbols as usize,
            parse_time: Duration::from_millis(self.parse_millis),
        };
        Options {
            word_key: WordKey::new(self.word_key),
            limits,
        }
    }
}

/// Runs a worker until its input ends.
pub fn main() -> ExitCode {
    confine();
    let busy = Arc::new(AtomicU64::new(0));
    watch(Arc::clone(&busy));
    let work = move || work(&mut io::stdin().lock(), &mut io::stdout().lock(), &busy);
    let worker = thread::Builder::new().stack_size(STACK).spawn(work);
    match worker.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Ends this process when one file takes too long, for the case that no parent is left to do it.
fn watch(busy: Arc<AtomicU64>) {
    thread::spawn(move || {
        let mut seen = 0;
        loop {
            thread::sleep(PATIENCE);
            // Odd numbers are files being read.
            let now = busy.load(Ordering::Relaxed);
            if now % 2 == 1 && now == seen {
                process::abort();
            }
            seen = now;
        }
    });
}

fn work(input: &mut impl Read, output: &mut impl Write, busy: &AtomicU64) -> io::Result<()> {
    let Some(setup) = receive::<Setup>(input)? else {
        return Ok(());
    };
    let options = setup.options();
    let extra: Vec<Grammar> = setup
        .grammars
        .into_iter()
        .filter_map(|(name, files)| Grammar::from_files(&name, files).ok())
        .collect();
    while let Some(Request { path, grammar, text }) = receive(input)? {
        busy.fetch_add(1, Ordering::Relaxed);
        if grammar == PACKAGES {
            let reply = Reply::Packages(packages::read(&path, &SourceText::new(text)));
            busy.fetch_add(1, Ordering::Relaxed);
            send(output, &reply)?;
            continue;
        }
        let found = extra
            .iter()
            .find(|it| it.name() == grammar)
            .or_else(|| Grammar::named(&grammar));
        let reply = match found.map(|grammar| extract(&path, grammar, &SourceText::new(text), &options)) {
            Some(Extraction::Facts(facts)) => Reply::Facts(facts),
            Some(Extraction::Skipped(reason)) => Reply::Skipped(reason),
            None => Reply::Skipped(Skipped::ParserMismatch),
        };
        busy.fetch_add(1, Ordering::Relaxed);
        send(output, &reply)?;
    }
    Ok(())
}

/// Writes one message behind its length.
pub(super) fn send(output: &mut impl Write, message: &impl Encode) -> io::Result<()> {
    let bytes = bitcode::encode(message);
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(&bytes)?;
    output.flush()
}

/// Reads one message; nothing where the input ends.
pub(super) fn receive<T: for<'b> Decode<'b>>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    if input.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut length[1..])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    bitcode::decode(&bytes)
        .map(Some)
        .map_err(|_| io::ErrorKind::InvalidData.into())
}
