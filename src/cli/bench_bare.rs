//! What the log is held against: the same bytes on the same disk, written by as little code as there can be.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long each of many took, and all of them together.
#[derive(Debug, Default)]
pub(super) struct Speed {
    pub(super) each: Vec<Duration>,
    pub(super) all: Duration,
}

impl Speed {
    pub(super) fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.all.as_secs_f64()
    }
}

/// Writes and syncs the same bytes again and again: what the disk allows.
pub(super) fn write_alone(file: &mut File, bytes: &[u8], time: Duration) -> io::Result<Speed> {
    let mut speed = Speed::default();
    let began = Instant::now();
    while began.elapsed() < time {
        let before = Instant::now();
        file.write_all(bytes)?;
        file.sync_data()?;
        speed.each.push(before.elapsed());
    }
    speed.all = began.elapsed();
    Ok(speed)
}

/// Callers hand ready-made bytes to one thread that writes what has come, syncs, and wakes those whose bytes they were.
pub(super) fn write_grouped(file: &mut File, bytes: &[u8], callers: usize, time: Duration) -> io::Result<Speed> {
    let group = Grouped::default();
    let began = Instant::now();
    let each = thread::scope(|scope| {
        let writer = scope.spawn(|| group.write(file));
        let threads: Vec<_> = (0..callers)
            .map(|_| scope.spawn(|| group.append_for(bytes, began, time)))
            .collect();
        let each: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
        group.lock().is_closed = true;
        group.came.notify_one();
        let ended = || io::Error::other("a thread ended early");
        writer.join().map_err(|_| ended())??;
        each.into_iter()
            .map(|each| each.map_err(|_| ended()))
            .collect::<io::Result<Vec<_>>>()
    })?;
    Ok(Speed {
        each: each.concat(),
        all: began.elapsed(),
    })
}

#[derive(Default)]
struct Grouped {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

/// Bytes that wait to be written, and what tells that they were.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    synced: Arc<OnceLock<()>>,
    is_closed: bool,
}

impl Grouped {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append_for(&self, bytes: &[u8], began: Instant, time: Duration) -> Vec<Duration> {
        let mut each = Vec::new();
        while began.elapsed() < time {
            let before = Instant::now();
            let mut waiting = self.lock();
            let is_first = waiting.bytes.is_empty();
            waiting.bytes.extend_from_slice(bytes);
            let synced = Arc::clone(&waiting.synced);
            drop(waiting);
            if is_first {
                self.came.notify_one();
            }
            synced.wait();
            each.push(before.elapsed());
        }
        each
    }

    fn write(&self, file: &mut File) -> io::Result<()> {
        let mut bytes = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.bytes.is_empty() && !waiting.is_closed {
                waiting = self.came.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            if waiting.bytes.is_empty() {
                return Ok(());
            }
            bytes.clear();
            std::mem::swap(&mut bytes, &mut waiting.bytes);
            let synced = std::mem::take(&mut waiting.synced);
            drop(waiting);
            let written = file.write_all(&bytes).and_then(|()| file.sync_data());
            // Nobody may wait for ever, whatever became of the bytes.
            let _first = synced.set(());
            written?;
        }
    }
}
