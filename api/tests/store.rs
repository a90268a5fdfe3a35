//! What every store must do, said in sentences. The sentences know only the port; each store that there
//! is has to prove all of them, from an empty place of its own.

#![allow(clippy::print_stdout, reason = "a random test says its seed")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

#[path = "store/arrivals.rs"]
mod arrivals;
#[path = "store/commands.rs"]
mod commands;
#[path = "store/credentials.rs"]
mod credentials;
#[path = "store/erasing.rs"]
mod erasing;
#[path = "store/follow.rs"]
mod follow;
#[path = "store/home.rs"]
mod home;
#[path = "store/isolation.rs"]
mod isolation;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "store/replies.rs"]
mod replies;
#[path = "store/round_trip.rs"]
mod round_trip;
#[path = "store/settings.rs"]
mod settings;
#[path = "store/together.rs"]
mod together;
#[path = "store/upkeep.rs"]
mod upkeep;

/// Every sentence, once for each kind of store. A sentence that is missing here is never proved, and the
/// compiler says that it is not used.
macro_rules! every_store_proves {
    ($($area:ident { $($sentence:ident,)+ })+) => {
        mod sqlite {
            $(mod $area {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $sentence() {
                    crate::$area::$sentence(crate::home::SqliteHome::new()).await;
                })+
            })+
        }
    };
}

every_store_proves! {
    settings {
        a_clinic_is_found_by_its_id_and_by_its_slug_as_it_was_added,
        a_slug_names_one_clinic,
        changed_settings_are_kept_and_refused_ones_are_not,
    }
    arrivals {
        those_who_arrive_stand_in_order_and_know_who_is_ahead,
        the_same_key_with_the_same_input_is_the_same_arrival,
        the_same_key_with_other_input_is_a_conflict,
        a_key_is_remembered_for_a_day,
        a_refused_arrival_leaves_nothing,
        nobody_arrives_at_a_clinic_that_is_not_there,
        uses_are_counted_with_an_arrival_and_only_those_that_matter_are_told,
        a_lost_stay_is_taken_up_again_in_its_place_with_all_that_was_its_own,
        a_stay_that_is_not_lost_is_not_taken_up_again,
    }
    commands {
        a_change_is_one_version_one_event_and_its_texts,
        what_changes_nothing_writes_nothing,
        a_refusal_that_changes_something_is_both,
        tokens_and_uses_are_written_only_with_a_change,
        uses_are_told_outside_of_a_command_and_forgiven_ones_no_longer,
        a_late_report_never_overrides_a_newer_one,
        of_very_many_screens_the_least_recently_heard_is_forgotten,
        a_decision_about_another_caller_is_a_fault_and_writes_nothing,
        a_decision_that_panics_leaves_nothing_half_written,
        a_command_given_up_at_any_moment_is_done_or_not_done,
        a_command_on_nobody_is_not_found,
    }
    follow {
        a_waiting_area_is_in_order_of_arrival_without_those_who_have_ended,
        the_position_of_one_caller_is_the_position_in_the_whole_queue,
        pages_of_callers_join_up_from_either_end,
        a_page_of_some_statuses_holds_only_those,
        changes_after_a_version_are_told_oldest_first,
        changes_that_are_gone_or_to_come_are_not_told,
        what_happened_to_a_caller_is_told_newest_first_with_who_did_it,
        everyone_who_has_not_ended_has_screens,
        whoever_does_not_respond_is_found_by_since_when,
    }
    credentials {
        a_token_opens_its_own_caller_and_says_which_recall_carried_it,
        a_sign_in_link_opens_one_session_once,
        a_link_that_is_over_opens_nothing,
        a_session_ends_by_signing_out_or_by_its_time,
        a_key_speaks_for_its_clinic_with_its_role,
        a_team_is_listed_by_name,
        a_sign_in_link_for_nobody_is_not_kept,
        a_session_is_listed_and_ended_by_its_id,
        a_session_says_by_what_it_was_opened,
        whoever_is_removed_is_out_at_once_and_keeps_the_name,
        of_very_many_sessions_the_least_recently_used_ends,
        of_very_many_links_the_one_that_ends_first_goes,
        a_key_opens_nothing_once_it_has_expired_or_is_revoked,
        a_key_says_who_added_it,
        the_last_use_is_written_and_only_moves_forward,
        a_member_is_changed_as_decided_and_not_when_refused,
        nobody_of_one_clinic_is_reached_from_another,
    }
    outbox {
        a_text_is_claimed_once_until_its_claim_runs_out,
        a_text_put_back_is_due_again_at_its_time,
        news_of_a_text_changes_its_caller_in_the_same_moment,
        old_news_of_a_text_changes_nothing,
        news_of_a_text_nobody_knows_is_nothing,
        texts_are_claimed_oldest_first_and_by_one_worker_each,
        a_withdrawn_text_is_not_sent_and_its_caller_stays_as_it_is,
        a_text_that_is_not_claimed_is_not_withdrawn,
        news_of_a_withdrawn_text_counts_all_the_same,
        a_text_in_doubt_is_due_at_its_time_and_remembers_since_when,
        claims_given_up_come_back_in_doubt_at_once,
        a_silent_text_is_asked_about_at_its_times_until_something_is_heard,
        what_could_not_be_heard_while_nobody_ran_is_asked_about_at_once,
    }
    replies {
        whoever_has_a_number_is_found_the_latest_recalled_first,
        a_number_that_takes_no_texts_is_remembered_until_it_does_again,
    }
    together {
        two_commands_on_one_caller_follow_each_other,
        many_recalls_at_once_send_one_text,
        versions_have_no_gaps_however_many_write,
        all_is_there_after_a_restart,
        two_stores_in_one_place_see_the_same,
    }
    erasing {
        whoever_is_due_is_erased_from_every_row_and_the_stay_is_kept,
        nobody_who_has_not_ended_is_erased,
        one_is_erased_before_the_time_and_it_is_recorded_once,
        each_clinic_keeps_people_for_as_long_as_it_has_set,
        a_text_on_its_way_is_waited_for_and_not_for_ever,
        nothing_that_comes_late_brings_anything_back,
        a_lost_place_is_taken_back_until_who_had_it_is_erased,
        a_repeated_arrival_finds_the_stay_without_the_person,
        all_that_is_kept_of_a_stay_is_handed_out_and_nothing_of_another,
        after_any_sequence_of_commands_nothing_of_the_person_is_in_any_row,
    }
    isolation {
        nothing_of_one_clinic_is_reached_from_another,
    }
    upkeep {
        what_is_not_old_is_not_forgotten,
        what_is_over_is_forgotten,
    }
    round_trip {
        every_caller_the_rules_can_make_is_read_as_it_was_written,
    }
}
