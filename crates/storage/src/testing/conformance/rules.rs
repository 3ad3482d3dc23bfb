//! The list of all rules, and the macro that makes a test of each.

/// Makes one test per rule of the contract for one adapter or layer.
///
/// `fixture` is the path of an `async fn() -> impl Fixture`; it runs once per test.
/// Attributes in front, such as `#[ignore = "needs …"]`, are put on every test.
/// The calling crate needs `tokio` with `macros` and `rt-multi-thread`, since the races want threads.
///
/// See [`testing::conformance`](crate::testing::conformance) for an example.
#[macro_export]
macro_rules! object_store_conformance {
    ($(#[$attribute:meta])* fixture = $fixture:path $(,)?) => {
        $crate::object_store_conformance! {
            @all [$(#[$attribute])*] $fixture;
            a_put_object_is_read_back_whole,
            a_png_keeps_its_content_type,
            a_jpeg_keeps_its_content_type,
            a_webp_keeps_its_content_type,
            a_gif_keeps_its_content_type,
            an_avif_keeps_its_content_type,
            the_content_type_is_not_guessed_from_the_key,
            an_object_put_without_content_type_has_none,
            the_receipt_tells_the_size,
            the_etag_changes_with_the_bytes,
            an_empty_object_is_kept,
            three_megabytes_are_kept,
            create_only_leaves_the_original,
            create_only_refuses_the_same_bytes_too,
            create_only_works_again_after_a_delete,
            overwriting_nothing_creates,
            overwriting_replaces_everything,
            a_put_into_a_missing_bucket_is_refused,
            metadata_is_kept,
            metadata_beyond_ascii_is_kept,
            metadata_with_spaces_and_signs_is_kept,
            metadata_of_the_greatest_size_is_kept,
            overwriting_forgets_the_earlier_metadata,
            the_sha256_is_kept,
            an_object_put_without_sha256_has_none,
            a_wrong_sha256_stores_nothing,
            a_wrong_sha256_leaves_the_earlier_object,
            the_time_of_the_put_is_told_to_the_second,
            a_stream_of_known_length_is_stored,
            a_stream_of_unknown_length_is_stored,
            a_large_stream_of_unknown_length_is_stored,
            a_large_create_only_stream_leaves_the_original,
            empty_pieces_do_not_end_a_stream,
            a_stream_without_pieces_is_an_empty_object,
            a_short_stream_stores_nothing,
            a_long_stream_stores_nothing,
            a_stream_short_by_one_byte_stores_nothing,
            a_stream_that_fails_midway_stores_nothing,
            a_stream_that_fails_at_once_stores_nothing,
            a_stream_that_fails_at_its_end_stores_nothing,
            a_large_stream_that_fails_late_stores_nothing,
            a_failed_overwrite_leaves_the_earlier_object,
            a_dropped_put_leaves_nothing,
            a_dropped_overwrite_leaves_the_earlier_object,
            a_running_put_is_not_visible,
            get_of_a_missing_key_is_not_found,
            get_of_a_missing_bucket_is_bucket_not_found,
            head_of_a_missing_key_is_not_found,
            head_of_a_missing_bucket_is_told,
            head_tells_what_get_tells,
            an_object_is_read_by_many_at_once,
            a_body_dropped_halfway_harms_nothing,
            a_body_never_read_harms_nothing,
            a_bounded_range_gives_its_bytes,
            a_range_of_one_byte_gives_one_byte,
            a_range_from_a_byte_goes_to_the_end,
            a_range_from_the_first_byte_is_the_whole,
            the_last_bytes_are_read,
            more_last_bytes_than_there_are_give_all,
            a_range_past_the_end_is_cut,
            a_range_that_starts_at_the_end_is_refused,
            a_bounded_range_past_the_end_is_refused,
            a_range_without_bytes_is_refused,
            a_range_that_runs_backwards_is_refused,
            the_last_zero_bytes_are_refused,
            an_empty_object_has_no_ranges,
            a_range_of_a_missing_key_is_not_found,
            a_range_of_a_large_object_gives_its_bytes,
            a_deleted_object_is_gone,
            deleting_twice_is_fine,
            deleting_a_missing_key_is_fine,
            deleting_in_a_missing_bucket_is_told,
            deleting_leaves_the_neighbours,
            nothing_of_a_deleted_object_comes_back,
            deleting_no_keys_does_nothing,
            a_bulk_delete_of_one_key_deletes_it,
            a_bulk_delete_reports_each_key_in_order,
            a_bulk_delete_takes_a_key_twice,
            a_bulk_delete_takes_odd_keys,
            a_bulk_delete_takes_more_than_a_thousand_keys,
            a_bulk_delete_in_a_missing_bucket_fails,
            an_empty_bucket_lists_nothing,
            a_listing_goes_by_the_bytes_of_the_keys,
            a_prefix_gives_the_keys_below_it,
            a_prefix_need_not_end_at_a_segment,
            a_prefix_that_is_a_key_gives_it,
            a_prefix_without_keys_lists_nothing,
            a_listing_starts_after_the_key_given,
            a_listing_may_start_after_a_missing_key,
            prefix_and_start_work_together,
            paging_neither_repeats_nor_skips,
            paging_works_within_a_prefix,
            a_full_last_page_has_no_next,
            more_than_a_thousand_keys_come_in_pages,
            a_limit_of_zero_is_refused,
            a_limit_above_a_thousand_is_refused,
            listing_a_missing_bucket_is_bucket_not_found,
            entries_tell_the_sizes,
            entries_tell_the_times,
            a_listing_sees_what_was_just_done,
            odd_keys_work,
            percent_forms_are_not_decoded,
            a_key_may_stand_before_keys_below_it,
            a_key_may_come_after_keys_below_it,
            keys_that_differ_only_by_case_are_different,
            keys_are_not_normalised,
            keys_of_the_greatest_length_work,
            long_names_with_one_beginning_stay_apart,
            keys_named_like_inner_files_work,
            the_same_key_in_two_buckets_is_two_objects,
            ten_racers_have_one_winner,
            readers_see_the_old_or_the_new_object,
            overwriters_at_once_leave_one_whole_object,
            puts_and_deletes_at_once_leave_an_object_or_none,
            many_puts_at_once_all_succeed,
            clones_of_a_handle_share_the_store,
            ensuring_a_bucket_twice_makes_it_once,
            ensuring_a_bucket_ten_times_at_once_makes_it_once,
            bucket_names_with_dots_and_dashes_work,
            the_capabilities_are_those_declared,
            a_link_holds_no_secret,
            a_link_ends_after_its_life,
            a_link_needs_no_object,
            links_of_different_keys_differ,
        }
    };
    (@all $attributes:tt $fixture:path; $($rule:ident,)*) => {
        $( $crate::object_store_conformance!(@one $attributes $fixture; $rule); )*
    };
    (@one [$(#[$attribute:meta])*] $fixture:path; $rule:ident) => {
        #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $rule() {
            let fixture = $fixture().await;
            $crate::testing::conformance::$rule(&fixture).await;
        }
    };
}

#[cfg(test)]
mod tests {
    /// Reads the rules where they are written, so that none can be left out of the macro.
    #[test]
    fn every_rule_is_in_the_macro() {
        let list = include_str!("rules.rs");
        let mut rules = 0;
        for source in [
            include_str!("bucket.rs"),
            include_str!("delete.rs"),
            include_str!("keys.rs"),
            include_str!("link.rs"),
            include_str!("list.rs"),
            include_str!("metadata.rs"),
            include_str!("put.rs"),
            include_str!("race.rs"),
            include_str!("range.rs"),
            include_str!("read.rs"),
            include_str!("stream.rs"),
        ] {
            for line in source.lines() {
                let Some(rest) = line.strip_prefix("pub async fn ") else {
                    continue;
                };
                let name = rest.split('(').next().unwrap();
                assert!(list.contains(&format!(" {name},\n")), "{name}");
                rules += 1;
            }
        }
        assert!(rules >= 45, "{rules}");
    }
}
