//! What time it is; tests say so themselves.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A source of the time of day.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Self {
        Self(Arc::new(SystemTime::now))
    }

    /// A clock that says what `now` returns.
    pub fn of(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }

    /// How long ago `then` was; `None` if it is yet to come, which a clock that was set back says of everything it knew.
    pub fn since(&self, then: SystemTime) -> Option<Duration> {
        self.now().duration_since(then).ok()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
