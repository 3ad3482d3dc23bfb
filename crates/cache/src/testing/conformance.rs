//! What every adapter of the ports must do: one public function for each rule, and macros that make a test of
//! each.
//!
//! An adapter outside this crate runs the suites like this:
//!
//! ```
//! mod my_adapter {
//!     use std::sync::Arc;
//!
//!     use cache::memory::MemoryCache;
//!     use cache::testing::conformance::Fixture;
//!
//!     fn fixture() -> Fixture {
//!         let adapter = Arc::new(MemoryCache::new());
//!         Fixture::new(Arc::clone(&adapter) as _, Arc::clone(&adapter) as _).with_lock(adapter)
//!     }
//!
//!     cache::cache_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
//!     cache::recent_list_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
//!
//!     mod locks {
//!         use super::*;
//!         cache::lock_conformance!(#[tokio::test(start_paused = true)], fixture = fixture());
//!     }
//! }
//! ```
//!
//! Rules of changes at the same time start tasks; a test of several threads lets them really meet.
//! Time passes by `tokio::time::sleep`: with the test's clock paused at once, otherwise really. Lives in the
//! rules are short enough to wait for.

pub mod batch;
pub mod cache;
pub mod lock;
pub mod recent_list;

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::{Batch, Cache, CacheKey, Lock, RecentList, Ttl};

/// What a rule runs against: the ports over the same store, and keys of its own.
pub struct Fixture {
    /// The byte side.
    pub cache: Arc<dyn Cache>,
    /// The list side of the same store.
    pub list: Arc<dyn RecentList>,
    lock: Option<Arc<dyn Lock>>,
    batch: Option<Arc<dyn Batch>>,
    is_in_pieces: bool,
    prefix: String,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl Fixture {
    /// Returns a fixture with a random prefix of keys.
    pub fn new(cache: Arc<dyn Cache>, list: Arc<dyn RecentList>) -> Self {
        Self {
            cache,
            list,
            lock: None,
            batch: None,
            is_in_pieces: false,
            prefix: format!("conformance:{:016x}", fastrand::u64(..)),
            kept: Vec::new(),
        }
    }

    /// Returns the fixture with the lock side of the same store.
    #[must_use]
    pub fn with_lock(mut self, lock: Arc<dyn Lock>) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Returns the lock side.
    ///
    /// # Panics
    ///
    /// When the fixture was made without one.
    pub fn lock(&self) -> &Arc<dyn Lock> {
        match &self.lock {
            Some(lock) => lock,
            None => panic!("the rules of locks need a fixture with a lock"),
        }
    }

    /// Returns the fixture with the side of the same store that does batches.
    #[must_use]
    pub fn with_batch(mut self, batch: Arc<dyn Batch>) -> Self {
        self.batch = Some(batch);
        self
    }

    /// Returns the fixture of a store that does a batch in pieces, so that a refusal may leave misses.
    #[must_use]
    pub fn in_pieces(mut self) -> Self {
        self.is_in_pieces = true;
        self
    }

    /// Returns the side that does batches.
    ///
    /// # Panics
    ///
    /// When the fixture was made without one.
    pub fn batch(&self) -> &Arc<dyn Batch> {
        match &self.batch {
            Some(batch) => batch,
            None => panic!("the rules of batches need a fixture with a batch"),
        }
    }

    /// Returns the fixture with something that must live as long, such as a server.
    #[must_use]
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(thing));
        self
    }

    /// Returns the key with this name under the fixture's prefix.
    ///
    /// # Panics
    ///
    /// When the name is no part of a key.
    pub fn key(&self, name: &str) -> CacheKey {
        match CacheKey::new(format!("{}:{name}", self.prefix)) {
            Ok(key) => key,
            Err(error) => panic!("{name:?} is no part of a key: {error}"),
        }
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture")
            .field("cache", &self.cache)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// A life of so many milliseconds.
fn millis(number: u64) -> Ttl {
    match Ttl::new(Duration::from_millis(number)) {
        Ok(ttl) => ttl,
        Err(error) => panic!("{number} ms: {error}"),
    }
}

/// Runs a rule, and says which one it was when it panics.
#[doc(hidden)]
pub async fn named(rule: &str, running: impl Future<Output = ()>) {
    let outcome = AssertUnwindSafe(running).catch_unwind().await;
    if let Err(panic) = outcome {
        let what = panic.downcast_ref::<String>().map(String::as_str);
        let what = what.or_else(|| panic.downcast_ref::<&str>().copied());
        panic!("{rule}: {}", what.unwrap_or("broken"));
    }
}

/// Lets so many milliseconds pass.
async fn pass(number: u64) {
    tokio::time::sleep(Duration::from_millis(number)).await;
}

/// Makes one test of each rule for adapters of [`Cache`](crate::Cache).
///
/// The attribute comes first, then an expression that makes a [`Fixture`]; it may `.await`.
/// With `in_turn` instead of an attribute it is a future that runs the rules one after the other, each with a
/// fixture of its own: for servers that take long to start.
#[macro_export]
macro_rules! cache_conformance {
    ($($how:tt)+) => {
        $crate::conformance_tests! { $($how)+, cache:
            a_missing_key_is_none
            a_value_comes_back_as_written
            an_empty_value_is_a_value
            all_bytes_come_back
            the_largest_value_comes_back
            a_larger_value_is_refused_and_changes_nothing
            the_longest_key_holds_a_value
            keys_do_not_touch_each_other
            a_second_write_replaces_value_and_life
            a_value_is_gone_after_its_life
            the_life_left_is_told
            the_longest_life_is_kept
            what_is_missing_has_no_life
            a_removal_tells_whether_it_was_there
            many_values_come_in_the_order_of_their_keys
            no_keys_have_no_values
            a_removal_by_comparison_removes_only_what_is_equal
            what_is_missing_equals_nothing
            a_version_grows_with_each_bump
            a_bump_renews_the_life
            a_lost_version_is_never_given_again
            bumps_at_the_same_time_differ
            a_version_is_read_as_digits
            what_is_no_version_is_not_bumped
            writers_at_the_same_time_leave_one_whole_value
            one_of_many_removes_by_comparison
            a_ping_is_answered
            clones_share_what_is_written
            an_error_names_method_and_key
            after_a_shutdown_every_call_is_closed
            a_second_shutdown_does_nothing
        }
    };
}

/// Makes one test of each rule for adapters of [`RecentList`](crate::RecentList).
///
/// The attribute comes first, then an expression that makes a [`Fixture`]; it may `.await`.
/// With `in_turn` instead of an attribute it is a future that runs the rules one after the other, each with a
/// fixture of its own: for servers that take long to start.
#[macro_export]
macro_rules! recent_list_conformance {
    ($($how:tt)+) => {
        $crate::conformance_tests! { $($how)+, recent_list:
            an_unfilled_list_is_cold
            a_cold_list_stays_cold
            a_fill_makes_it_warm_in_the_order_given
            filled_with_nothing_is_known_to_be_empty
            the_first_id_of_a_new_user_is_listed
            a_push_puts_its_id_first
            a_push_of_a_listed_id_moves_it
            over_the_cap_the_oldest_goes
            a_removed_id_is_absent_at_once
            after_the_last_removal_it_is_known_to_be_empty
            a_page_is_the_part_asked_for
            a_cut_list_does_not_claim_to_hold_everything
            a_push_between_token_and_fill_refuses_the_fill
            a_removal_between_token_and_fill_refuses_the_fill
            a_foreign_token_fills_nothing
            a_fill_keeps_the_first_of_each_up_to_the_cap
            a_fill_replaces_what_was_there
            a_list_is_cold_after_its_life
            every_change_renews_the_life
            a_forgotten_list_is_cold
            a_byte_value_is_misuse
            a_list_is_no_byte_value
            a_thousand_changes_at_the_same_time_keep_every_rule
            a_thousand_changes_of_the_same_ids_keep_every_rule
            fills_among_changes_lose_nothing
            after_a_shutdown_every_call_is_closed
        }
    };
}

/// Makes one test of each rule for adapters of [`Lock`](crate::Lock).
///
/// The attribute comes first, then an expression that makes a [`Fixture`] with a lock; it may `.await`.
/// With `in_turn` instead of an attribute it is a future that runs the rules one after the other, each with a
/// fixture of its own: for servers that take long to start.
#[macro_export]
macro_rules! lock_conformance {
    ($($how:tt)+) => {
        $crate::conformance_tests! { $($how)+, lock:
            a_free_lock_is_taken_and_a_taken_one_is_not
            a_released_lock_is_free
            a_lock_is_free_after_its_life
            locks_of_different_keys_do_not_touch_each_other
            one_of_many_takes_the_lock
            an_extension_counts_from_now
            what_is_over_is_not_extended
            who_was_followed_frees_and_extends_nothing
            a_second_release_frees_nothing
            a_made_up_lease_changes_nothing
            numbers_grow_with_each_lease
            a_number_fits_json
            the_value_under_the_key_is_not_touched
            the_holder_writes_under_the_key
            who_was_followed_writes_nothing
            who_is_over_but_was_not_followed_still_writes
            a_larger_value_is_refused_and_changes_nothing
            a_cleared_lock_is_free_and_its_holder_writes_nothing
            clearing_what_is_free_changes_nothing
            an_error_names_method_and_key
            after_a_shutdown_every_call_is_closed
        }
    };
}

/// Makes one test of each rule for adapters of [`Batch`](crate::Batch).
///
/// The attribute comes first, then an expression that makes a [`Fixture`] with a batch; it may `.await`.
/// With `in_turn` instead of an attribute it is a future that runs the rules one after the other, each with a
/// fixture of its own: for servers that take long to start.
#[macro_export]
macro_rules! batch_conformance {
    ($($how:tt)+) => {
        $crate::conformance_tests! { $($how)+, batch:
            every_step_is_done
            removals_are_done_beside_writes
            no_steps_change_nothing
            a_cold_list_stays_cold_and_its_tokens_are_void
            several_lists_are_changed_at_once
            a_wrong_type_refuses_every_step
            a_larger_value_refuses_every_step
            a_key_that_stands_twice_refuses_every_step
            a_batch_may_be_repeated
            who_read_the_new_reads_nothing_old_afterwards
            an_error_names_method_and_key
            after_a_shutdown_a_batch_is_closed
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    (in_turn, fixture = $fixture:expr, $suite:ident: $($rule:ident)+) => {
        async {$({
            let fixture = $fixture;
            $crate::testing::conformance::named(
                stringify!($rule),
                $crate::testing::conformance::$suite::$rule(&fixture),
            )
            .await;
        })+}
    };
    // Attributes cannot be repeated beside the rules in one step, so they travel as one bundle.
    ($(#[$attribute:meta])+, fixture = $fixture:expr, $suite:ident: $($rule:ident)+) => {
        $crate::conformance_tests! { @each [$(#[$attribute])+] $fixture, $suite: $($rule)+ }
    };
    (@each $attributes:tt $fixture:expr, $suite:ident: $($rule:ident)+) => {
        $($crate::conformance_tests! { @one $attributes $fixture, $suite, $rule })+
    };
    (@one [$(#[$attribute:meta])+] $fixture:expr, $suite:ident, $rule:ident) => {
        $(#[$attribute])+
        async fn $rule() {
            let fixture = $fixture;
            $crate::testing::conformance::$suite::$rule(&fixture).await;
        }
    };
}
