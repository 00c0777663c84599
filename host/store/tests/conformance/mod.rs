//! What every store must do, whatever it is made of.
//!
//! Each rule is a function over a fresh store. [`suite!`] makes a test of each for one way of opening a store, so that
//! another database takes the whole suite by one line.

pub mod accounts;
pub mod credentials;
pub mod deleted;
pub mod dialling;
pub mod erasures;
pub mod evaluations;
pub mod events;
pub mod imports;
pub mod jobs;
pub mod lead_lists;
pub mod leads;
pub mod money;
pub mod numbered;
pub mod plugins;
pub mod records;
pub mod settling;
pub mod shadows;
pub mod single_calls;
pub mod sinks;
pub mod sources;
pub mod stalls;
pub mod webhooks;

/// A test for every rule, with stores that `$open` makes.
#[macro_export]
macro_rules! suite {
    ($profile:ident, $open:expr) => {
        mod $profile {
            $crate::suite!(@rules $open;
                accounts: a_tenant_has_a_test_twin_with_simulated_gateways_only,
                accounts: a_key_opens_its_tenant_until_it_is_revoked,
                accounts: a_key_gives_its_place_to_one_other,
                accounts: the_last_use_of_a_key_only_moves_on,
                accounts: a_repeated_request_is_answered_and_another_one_refused,
                accounts: a_stranger_finds_nothing,
                accounts: an_assistant_in_use_stays,
                accounts: an_edit_is_a_new_version_and_a_stale_one_is_refused,
                accounts: start_lists_what_is_missing,
                plugins: a_script_is_counted_and_never_changes,
                plugins: an_upload_of_many_pieces_comes_back_whole,
                plugins: a_version_goes_through_the_gates_in_order,
                plugins: a_rejected_version_frees_its_number,
                plugins: what_was_not_granted_is_not_activated,
                plugins: a_rollback_goes_back_step_by_step,
                plugins: a_version_in_use_is_not_retired,
                plugins: use_is_added_up_and_the_last_failures_are_kept,
                plugins: an_account_that_is_full_takes_no_version_until_one_is_deleted,
                plugins: what_is_deleted_is_gone_and_what_is_used_is_not_deleted,
                credentials: a_gateway_of_a_plugin_needs_a_version_grants_and_secrets,
                credentials: a_secret_is_set_anew_and_a_stranger_has_none,
                credentials: a_gateway_changes_its_version_and_goes_when_nobody_needs_it,
                credentials: a_connection_is_authorised_once_per_consent,
                leads: duplicates_are_told_and_known_leads_updated,
                lead_lists: lists_come_in_pages,
                lead_lists: lists_show_whom_they_mean,
                deleted: a_deleted_campaign_is_gone_with_everything_but_its_calls,
                lead_lists: many_leads_are_changed_once_by_a_job_that_breaks_off,
                leads: a_full_page_of_leads_keeps_the_counts,
                leads: a_hand_stops_and_calls_again,
                leads: a_hand_during_a_call_takes_effect_when_it_settles,
                leads: a_suppressed_lead_is_not_called_again_by_hand,
                single_calls: a_single_call_is_dialled_once_whatever_came_of_it,
                single_calls: a_single_call_that_no_turn_came_for_is_not_made_later,
                single_calls: every_closed_gate_of_a_single_call_is_told_and_nothing_stays,
                single_calls: a_single_call_asked_for_twice_with_one_key_is_one,
                deleted: a_deleted_lead_leaves_its_calls_and_what_they_count_for,
                deleted: what_comes_late_to_a_deleted_lead_moves_nothing_but_an_opt_out,
                leads: a_suppressed_number_ends_leads_that_have_nobody_else_to_call,
                erasures: nobody_is_erased_while_they_are_called,
                erasures: what_counts_and_costs_stays_without_the_person,
                erasures: what_comes_late_about_an_erased_call_is_not_kept,
                erasures: an_erasure_that_was_cut_off_is_gone_on_with,
                erasures: a_number_that_a_lead_had_once_is_found,
                erasures: a_stranger_finds_no_erasure,
                numbered: leads_by_number_are_counted_as_they_are_read,
                numbered: a_number_is_one_tenants_and_single_calls_are_no_leads,
                numbered: calls_by_number_are_counted_as_they_are_read,
                imports: an_import_keeps_its_progress_and_its_rejects,
                imports: an_import_takes_only_steps_that_exist,
                imports: known_leads_are_skipped_or_updated,
                imports: an_undo_takes_out_what_nobody_called,
                imports: a_mapping_is_found_by_its_headers,
                sinks: what_happened_is_told_once_it_is_acknowledged,
                sinks: an_event_that_is_not_kept_any_more_is_skipped,
                sinks: the_events_of_a_lead_are_told_in_their_order,
                sinks: an_event_that_fails_is_told_again_and_given_up,
                sinks: a_sink_that_fails_keeps_everything_and_asks_for_a_person,
                sinks: only_the_leads_of_its_source_are_told,
                sinks: what_is_told_again_is_as_it_is_now,
                sinks: a_lead_that_is_gone_is_skipped,
                events: the_log_is_read_in_pieces_by_kind_and_campaign,
                events: what_happened_since_is_found,
                events: an_event_is_told_with_its_objects,
                events: a_balance_that_is_spent_is_told_once_until_the_next_top_up,
                events: a_commit_rings_for_those_whose_logs_grew,
                webhooks: what_was_asked_for_is_told_from_now_on_and_nothing_else,
                webhooks: a_message_that_fails_is_sent_again_and_given_up,
                webhooks: an_endpoint_that_is_gone_or_fails_for_days_is_disabled,
                webhooks: one_that_cannot_be_reached_is_left_alone,
                webhooks: what_was_missed_is_recovered_and_what_was_taken_is_not_sent_twice,
                webhooks: a_secret_signs_for_a_while_after_it_was_replaced,
                webhooks: one_that_is_disabled_misses_what_happens_meanwhile,
                webhooks: a_long_log_is_read_on_by_the_piece_and_waits_where_much_waits,
                webhooks: the_end_of_calls_is_told_of_one_assistant,
                webhooks: a_stranger_finds_no_webhook,
                lead_lists: an_outlook_tells_who_can_be_called_and_who_never_will,
                leads: an_update_leaves_the_contacts_of_calls_in_their_places,
                leads: a_lead_that_arrives_reopens_a_completed_campaign,
                leads: explain_names_the_gate_that_parked_it,
                evaluations: evaluators_are_asked_in_order_for_what_is_open,
                evaluations: what_the_provider_tells_whole_is_read_by_nobody,
                evaluations: a_transcript_is_waited_for_and_one_that_comes_late_is_read,
                evaluations: a_failure_is_told_and_tried_again_and_nobody_is_called,
                evaluations: calls_are_read_anew_and_the_old_answers_stand_meanwhile,
                evaluations: nobody_reads_the_calls_of_a_campaign_without_evaluators,
                evaluations: a_long_line_hides_neither_strangers_nor_fresh_calls,
                evaluations: past_calls_tell_how_people_behaved,
                dialling: fresh_leads_come_in_the_campaigns_order_and_priority_first,
                dialling: an_order_of_hours_dates_and_state_stops_the_claim,
                dialling: one_phone_is_called_once_at_a_time_and_freed_after,
                dialling: the_gap_between_two_calls_to_a_phone_holds,
                dialling: daily_caps_of_phones_and_caller_ids_hold,
                dialling: a_lead_out_of_contacts_ends,
                dialling: an_expired_lead_ends_when_its_turn_comes,
                dialling: staged_leads_go_back_on_pause_and_edit,
                dialling: the_last_look_sees_what_closed_meanwhile,
                dialling: a_crash_leaves_unknown_attempts_that_are_never_redialled_by_themselves,
                dialling: a_claim_without_slots_only_looks,
                dialling: a_webhook_faster_than_the_answer_stands,
                dialling: an_event_under_a_name_that_nobody_knows_yet_waits_for_it,
                dialling: the_end_of_a_call_that_we_hang_up_is_a_cancellation,
                dialling: refusals_use_no_attempt,
                dialling: a_refused_account_pauses_the_campaign,
                dialling: another_fence_is_refused,
                dialling: overdue_retries_share_with_fresh_leads,
                dialling: the_inbox_keeps_webhooks_until_they_are_read,
                settling: events_count_once_and_in_rank,
                settling: an_unanswered_call_is_retried_until_its_rounds_are_used,
                settling: contacts_escalate_within_a_round,
                settling: a_missing_evaluation_is_waited_for_and_then_settles,
                settling: a_wrong_answer_is_an_error_on_the_call_but_an_opt_out_is_heard,
                settling: a_late_machine_changes_the_outcome_before_the_decision,
                settling: a_policy_is_asked_and_its_answer_taken_once,
                settling: a_policy_that_fails_is_held_and_pauses_the_campaign_when_it_keeps_failing,
                settling: a_late_goal_completes_a_lead_that_waits,
                settling: an_invalid_number_dies_and_the_next_contact_is_called,
                settling: a_blocked_caller_id_is_not_shown_to_the_lead_again,
                settling: the_stats_count_every_call_once,
                settling: calls_are_told_by_what_they_have_in_common,
                stalls: a_campaign_that_cannot_pay_is_told_of_once,
                stalls: who_waits_for_a_time_is_no_stall,
                stalls: a_low_balance_is_told_once_until_it_is_topped_up,
                stalls: where_nothing_is_charged_nothing_is_low,
                stalls: that_a_lead_is_next_is_told_to_who_names_it,
                money: what_is_set_aside_is_settled_or_given_back,
                money: an_empty_balance_stops_the_claim_and_a_top_up_opens_it,
                money: a_minute_that_cannot_be_paid_is_refused,
                money: a_budget_stops_the_claim,
                money: the_ledger_adds_up_to_the_balance_and_comes_in_pages,
                sources: a_page_moves_leads_cursor_and_state_together,
                sources: a_stopped_run_stores_nothing,
                sources: only_a_whole_snapshot_removes_who_is_missing,
                sources: a_removal_during_a_call_waits_for_it_and_who_was_reached_does_not_come_back,
                sources: a_lead_that_was_deleted_here_does_not_come_back,
                sources: do_not_call_is_suppressed_in_the_sources_name,
                sources: a_phone_has_one_lead_and_the_next_takes_its_place,
                sources: a_change_keeps_the_places_of_contacts_that_were_called,
                sources: an_ended_lead_is_reopened_only_where_the_source_says_so,
                sources: a_lead_whose_time_is_over_is_not_brought_back,
                sources: external_ids_are_one_sources_own,
                sources: failures_back_off_ask_for_a_person_and_pause,
                sources: a_campaign_with_an_active_source_is_not_over,
                sources: a_push_is_applied_once_a_forged_one_dropped_and_a_poisonous_one_given_up,
                sources: a_stranger_finds_no_source,
                records: decisions_and_transcripts_are_kept_and_dropped_by_the_day,
                records: decisions_of_a_campaign_come_in_pages_within_a_time,
                records: what_shadows_answered_is_kept_beside,
                records: what_evaluators_answered_is_kept_by_the_lead,
                jobs: a_job_ends_once,
                jobs: so_many_jobs_run_and_so_many_are_kept,
                shadows: a_shadow_counts_the_first_divergence_of_each_lead,
                shadows: the_built_in_table_leaves_its_question_to_a_shadow,
                settling: what_the_engine_made_can_be_computed_from_the_record,
            );
        }
    };
    (@rules $open:expr; $($area:ident: $rule:ident),* $(,)?) => {$(
        #[test]
        fn $rule() {
            let opened = $open;
            $crate::conformance::$area::$rule(opened.store());
        }
    )*};
}
