//! One question at a time: who asks what is being asked already waits for that answer.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Questions under way.
#[derive(Debug)]
pub(super) struct SingleFlight<K, V> {
    flights: Mutex<HashMap<K, Arc<Flight<V>>>>,
}

#[derive(Debug)]
struct Flight<V> {
    answer: Mutex<Landed<V>>,
    landed: Condvar,
}

#[derive(Debug)]
enum Landed<V> {
    Flying,
    Answer(V),
    /// The one who asked did not come back.
    Lost,
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self {
            flights: Mutex::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> SingleFlight<K, V> {
    /// Asks, or waits for whoever asks already. `None` if that one was lost.
    pub(super) fn ask(&self, key: &K, ask: impl FnOnce() -> V) -> Option<V> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(key).map(Arc::clone) {
            drop(flights);
            return flight.wait();
        }
        let flight = Arc::new(Flight {
            answer: Mutex::new(Landed::Flying),
            landed: Condvar::new(),
        });
        flights.insert(key.clone(), Arc::clone(&flight));
        drop(flights);
        let landing = Landing {
            of: self,
            key,
            flight: &flight,
        };
        let answer = ask();
        landing.flight.land(Landed::Answer(answer.clone()));
        drop(landing);
        Some(answer)
    }
}

impl<V: Clone> Flight<V> {
    fn wait(&self) -> Option<V> {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*answer {
                Landed::Answer(answer) => return Some(answer.clone()),
                Landed::Lost => return None,
                Landed::Flying => answer = self.landed.wait(answer).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl<V> Flight<V> {
    fn land(&self, landed: Landed<V>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = landed;
        self.landed.notify_all();
    }
}

/// Clears the way when the question is over, however it ended.
struct Landing<'a, K: Eq + Hash, V> {
    of: &'a SingleFlight<K, V>,
    key: &'a K,
    flight: &'a Flight<V>,
}

impl<K: Eq + Hash, V> Drop for Landing<'_, K, V> {
    fn drop(&mut self) {
        let mut flights = self.of.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.remove(self.key);
        drop(flights);
        let flying = matches!(
            *self.flight.answer.lock().unwrap_or_else(PoisonError::into_inner),
            Landed::Flying
        );
        if flying {
            self.flight.land(Landed::Lost);
        }
    }
}

/// Lets so many through at a time.
#[derive(Debug)]
pub(super) struct Gate {
    free: Mutex<usize>,
    freed: Condvar,
}

/// The right to be inside.
#[derive(Debug)]
pub(super) struct Inside<'a>(&'a Gate);

impl Gate {
    pub(super) fn new(places: usize) -> Self {
        Self {
            free: Mutex::new(places),
            freed: Condvar::new(),
        }
    }

    /// Waits for a place.
    pub(super) fn enter(&self) -> Inside<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Inside(self)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::SingleFlight;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier, mpsc};
    use std::thread;

    #[test]
    fn many_ask_and_one_goes() {
        let flights = Arc::new(SingleFlight::<u8, u8>::default());
        let asked = Arc::new(AtomicUsize::new(0));
        let (release, released) = mpsc::channel::<()>();
        let started = Arc::new(Barrier::new(2));
        let first = {
            let (flights, asked, started) = (Arc::clone(&flights), Arc::clone(&asked), Arc::clone(&started));
            thread::spawn(move || {
                flights.ask(&1, || {
                    started.wait();
                    released.recv().expect("released");
                    asked.fetch_add(1, Ordering::SeqCst);
                    7
                })
            })
        };
        started.wait();
        let others: Vec<_> = (0..4)
            .map(|_| {
                let (flights, asked) = (Arc::clone(&flights), Arc::clone(&asked));
                thread::spawn(move || {
                    flights.ask(&1, || {
                        asked.fetch_add(1, Ordering::SeqCst);
                        8
                    })
                })
            })
            .collect();
        // Those that come later than this ask for themselves, and are told so by the count.
        while Arc::strong_count(&flights.flights.lock().expect("unpoisoned")[&1]) < 6 {
            thread::yield_now();
        }
        release.send(()).expect("waiting");
        assert_eq!(first.join().expect("joins"), Some(7));
        assert!(others.into_iter().all(|it| it.join().expect("joins") == Some(7)));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(flights.ask(&1, || 9), Some(9));
    }

    #[test]
    fn a_lost_question_keeps_nobody_waiting() {
        let flights = Arc::new(SingleFlight::<u8, u8>::default());
        let own = Arc::clone(&flights);
        let lost = thread::spawn(move || own.ask(&1, || panic!("lost")));
        assert!(lost.join().is_err());
        assert_eq!(flights.ask(&1, || 3), Some(3));
    }
}
