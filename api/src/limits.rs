//! How often one caller may ask: a bucket a network address, drained by each call and filled again evenly.

use crate::settings::Limits;
use actix_web::http::header::HeaderValue;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// After so many calls, callers whose bucket is full again are forgotten.
const CALLS_BETWEEN_SWEEPS: u32 = 16_384;

type Limiter<C> = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, C, StateInformationMiddleware>;

/// The buckets of every caller.
pub struct Buckets<C: Clock = MonotonicClock> {
    limiter: Limiter<C>,
    clock: C,
    policy: HeaderValue,
    calls: u32,
    window: Duration,
    counted: AtomicU32,
}

/// Where a caller stands after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Calls that are left at once; none when this one was too many.
    pub left: Option<u32>,
    /// Seconds until the bucket is full again, or until one more call is allowed.
    pub seconds: u64,
}

impl Buckets {
    /// Full buckets of so many calls a window.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::timed(limits, MonotonicClock)
    }
}

impl<C: Clock> Buckets<C> {
    fn timed(limits: &Limits, clock: C) -> Self {
        let calls = NonZeroU32::new(limits.calls).unwrap_or(NonZeroU32::MIN);
        let window = Duration::from_secs(u64::from(limits.window_seconds.max(1)));
        let quota = Quota::with_period(window / calls.get())
            .unwrap_or(Quota::per_second(calls))
            .allow_burst(calls);
        Self {
            limiter: RateLimiter::dashmap_with_clock(quota, &clock).with_middleware(),
            clock,
            policy: policy(calls, window),
            calls: calls.get(),
            window,
            counted: AtomicU32::new(0),
        }
    }

    /// Counts a call.
    pub fn call(&self, caller: IpAddr) -> Standing {
        if self.counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(CALLS_BETWEEN_SWEEPS) {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&caller) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let spent = self.window / self.calls * self.calls.saturating_sub(left);
                Standing { left: Some(left), seconds: whole_seconds(spent) }
            }
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                Standing { left: None, seconds: whole_seconds(wait).max(1) }
            }
        }
    }

    /// `RateLimit-Policy`: how many calls a window.
    #[must_use]
    pub const fn policy(&self) -> &HeaderValue {
        &self.policy
    }
}

fn policy(calls: NonZeroU32, window: Duration) -> HeaderValue {
    let text = format!("\"calls\";q={calls};w={}", window.as_secs());
    // Two numbers and what stands around them are always a value.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

impl Standing {
    /// `RateLimit`: what is left, and until when.
    #[must_use]
    pub fn written(self) -> String {
        format!("\"calls\";r={};t={}", self.left.unwrap_or(0), self.seconds)
    }
}

/// Whoever waits so many seconds has waited long enough.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;
    use std::net::Ipv4Addr;

    fn buckets(calls: u32, window_seconds: u32) -> (Buckets<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Buckets::timed(&Limits { calls, window_seconds }, clock.clone()), clock)
    }

    fn caller(last: u32) -> IpAddr {
        Ipv4Addr::from(last).into()
    }

    #[test]
    fn so_many_calls_a_window_and_then_one_at_a_time() {
        let (buckets, clock) = buckets(3, 30);
        let standing = |left, seconds| Standing { left, seconds };
        assert_eq!(buckets.call(caller(1)), standing(Some(2), 10));
        assert_eq!(buckets.call(caller(1)), standing(Some(1), 20));
        assert_eq!(buckets.call(caller(1)), standing(Some(0), 30));
        assert_eq!(buckets.call(caller(1)), standing(None, 10));
        assert_eq!(buckets.call(caller(2)).left, Some(2), "another caller is another bucket");
        clock.advance(Duration::from_secs(9));
        assert_eq!(buckets.call(caller(1)), standing(None, 1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(buckets.call(caller(1)).left, Some(0));
        assert_eq!(buckets.call(caller(1)).left, None);
        // Whoever has been here before and has waited long enough may call once more than whoever is new.
        clock.advance(Duration::from_secs(90));
        assert_eq!(buckets.call(caller(1)).left, Some(3));
        assert_eq!(buckets.policy(), "\"calls\";q=3;w=30");
        assert_eq!(standing(None, 7).written(), "\"calls\";r=0;t=7");
    }

    #[test]
    fn callers_whose_bucket_is_full_are_forgotten() {
        let (buckets, clock) = buckets(2, 1);
        for number in 0..100_000 {
            buckets.call(caller(number));
            clock.advance(Duration::from_micros(50));
        }
        let kept = buckets.limiter.len();
        assert!(kept < 50_000, "{kept} are remembered");
    }

    #[test]
    fn settings_that_make_no_sense_still_let_somebody_in() {
        let (buckets, _) = buckets(0, 0);
        assert_eq!(buckets.call(caller(1)).left, Some(0));
        assert_eq!(buckets.call(caller(1)).left, None);
    }
}
