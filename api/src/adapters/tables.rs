//! The tables as `migrations/` makes them, for the query builder. What a column means is said there.

use diesel::{allow_tables_to_appear_in_same_query, table};

table! {
    clinic (id) {
        id -> Text,
        slug -> Text,
        name -> Text,
        version -> BigInt,
        next_arrival -> BigInt,
        offline_queueing -> Bool,
        show_queue_position -> Bool,
        is_open -> Bool,
        default_country -> Text,
        allowed_countries -> Text,
        room_url_template -> Text,
        room_token_key -> Nullable<Text>,
        room_token_issuer -> Nullable<Text>,
        text_on_cancel -> Bool,
        consent_text -> Nullable<Text>,
        entry_fields -> Text,
        lost_contact_grace -> BigInt,
        recall_words -> Nullable<Text>,
        reply_coming -> Text,
        reply_later -> Text,
        reply_leaving -> Text,
        erase_after -> BigInt,
        time_zone -> Text,
    }
}

table! {
    team_member (id) {
        id -> Text,
        clinic_id -> Text,
        name -> Text,
        role -> Text,
        added_at -> BigInt,
        removed_at -> Nullable<BigInt>,
        openid_issuer -> Nullable<Text>,
        openid_subject -> Nullable<Text>,
    }
}

table! {
    used_openid_state (state_hash) {
        state_hash -> Text,
        expires_at -> BigInt,
    }
}

table! {
    api_key (id) {
        id -> Text,
        clinic_id -> Text,
        name -> Text,
        role -> Text,
        token_hash -> Text,
        added_at -> BigInt,
        added_by -> Nullable<Text>,
        last_used_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

table! {
    sign_in (token_hash) {
        token_hash -> Text,
        clinic_id -> Text,
        member_id -> Text,
        expires_at -> BigInt,
        method -> Text,
    }
}

table! {
    staff_session (token_hash) {
        token_hash -> Text,
        id -> Text,
        clinic_id -> Text,
        member_id -> Text,
        opened_at -> BigInt,
        opened_by -> Text,
        last_used_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

table! {
    caller (clinic_id, id) {
        clinic_id -> Text,
        id -> Text,
        arrival -> BigInt,
        arrived_at -> BigInt,
        name -> Text,
        answers -> Text,
        arrived_with_offline_queueing -> Bool,
        version -> BigInt,
        status -> Text,
        status_since -> BigInt,
        last_seen_at -> BigInt,
        recalls -> BigInt,
        phone -> Nullable<Text>,
        verified_at -> Nullable<BigInt>,
        used_code_hash -> Nullable<Text>,
        used_code_expires_at -> Nullable<BigInt>,
        room_id -> Nullable<Text>,
        is_viewing -> Nullable<Bool>,
        not_responding_since -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
        lost_contact -> Bool,
        is_resumed -> Bool,
        texts_stopped_at -> Nullable<BigInt>,
        erased_at -> Nullable<BigInt>,
        figures_taken_at -> Nullable<BigInt>,
    }
}

table! {
    secure_code (clinic_id, caller_id) {
        clinic_id -> Text,
        caller_id -> Text,
        phone -> Text,
        code_hash -> Nullable<Text>,
        sent_at -> BigInt,
        resend_at -> BigInt,
        attempts_left -> BigInt,
        text_id -> Text,
        delivery -> Text,
        delivery_failure -> Nullable<Text>,
        delivery_at -> BigInt,
    }
}

table! {
    recall (clinic_id, caller_id) {
        clinic_id -> Text,
        caller_id -> Text,
        id -> Text,
        requested_at -> BigInt,
        by_kind -> Text,
        by_id -> Nullable<Text>,
        text_id -> Text,
        delivery -> Text,
        delivery_failure -> Nullable<Text>,
        delivery_at -> BigInt,
        opened_at -> Nullable<BigInt>,
        returned_at -> Nullable<BigInt>,
        reply -> Nullable<Text>,
        replied_at -> Nullable<BigInt>,
    }
}

table! {
    caller_token (token_hash) {
        token_hash -> Text,
        clinic_id -> Text,
        caller_id -> Text,
        recall_id -> Nullable<Text>,
    }
}

table! {
    screen (clinic_id, caller_id, device_id) {
        clinic_id -> Text,
        caller_id -> Text,
        device_id -> Text,
        counter -> BigInt,
        state -> Text,
        seen_at -> BigInt,
    }
}

table! {
    event (clinic_id, version) {
        clinic_id -> Text,
        version -> BigInt,
        caller_id -> Text,
        kind -> Text,
        what -> Text,
        sms_state -> Nullable<Text>,
        sms_failure -> Nullable<Text>,
        by_kind -> Text,
        by_id -> Nullable<Text>,
        at -> BigInt,
        sms_purpose -> Nullable<Text>,
    }
}

table! {
    text (id) {
        id -> Text,
        clinic_id -> Text,
        caller_id -> Text,
        purpose -> Text,
        phone -> Nullable<Text>,
        body -> Nullable<Text>,
        state -> Text,
        failure -> Nullable<Text>,
        tries -> BigInt,
        next_try_at -> Nullable<BigInt>,
        claimed_until -> Nullable<BigInt>,
        in_doubt_since -> Nullable<BigInt>,
        provider_id -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        ask_at -> Nullable<BigInt>,
    }
}

table! {
    idempotency_key (clinic_id, key_hash) {
        clinic_id -> Text,
        key_hash -> Text,
        input_hash -> Text,
        caller_id -> Text,
        used_at -> BigInt,
    }
}

table! {
    limit_use (kind, subject, at) {
        kind -> Text,
        subject -> Text,
        at -> BigInt,
        times -> BigInt,
    }
}

table! {
    stopped_number (number_hash) {
        number_hash -> Text,
        stopped_at -> BigInt,
    }
}

table! {
    audit_entry (clinic_id, number) {
        clinic_id -> Text,
        number -> BigInt,
        at -> BigInt,
        by_kind -> Text,
        by_id -> Nullable<Text>,
        deed -> Text,
        subject -> Nullable<Text>,
    }
}

table! {
    stay_figures (clinic_id, caller_id) {
        clinic_id -> Text,
        caller_id -> Text,
        arrived_at -> BigInt,
        ended_at -> BigInt,
        began -> Text,
        ending -> Text,
        wait -> Nullable<BigInt>,
        offline -> Text,
        recalls -> BigInt,
        returns -> Text,
        is_no_show -> Bool,
        codes_sent -> BigInt,
        phones_verified -> BigInt,
    }
}

table! {
    webhook (clinic_id, id) {
        clinic_id -> Text,
        id -> Text,
        url -> Text,
        events -> Text,
        is_enabled -> Bool,
        disabled_because -> Nullable<Text>,
        failing_since -> Nullable<BigInt>,
        secret_seed -> Text,
        old_secret_seed -> Nullable<Text>,
        old_secret_until -> Nullable<BigInt>,
        delivered_version -> BigInt,
        added_at -> BigInt,
    }
}

table! {
    webhook_delivery (id) {
        id -> Text,
        clinic_id -> Text,
        webhook_id -> Text,
        version -> BigInt,
        event -> Text,
        caller_id -> Text,
        happened_at -> BigInt,
        state -> Text,
        next_attempt_at -> Nullable<BigInt>,
        attempts -> BigInt,
        last_attempt_at -> Nullable<BigInt>,
        give_up_at -> BigInt,
        response_status -> Nullable<BigInt>,
        problem -> Nullable<Text>,
        over_at -> Nullable<BigInt>,
    }
}

allow_tables_to_appear_in_same_query!(
    webhook,
    webhook_delivery,
    clinic,
    team_member,
    api_key,
    sign_in,
    staff_session,
    caller,
    secure_code,
    recall,
    caller_token,
    screen,
    event,
    text,
    idempotency_key,
    limit_use,
    stopped_number,
    audit_entry,
    stay_figures,
);
