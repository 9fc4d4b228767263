//! The tables as both databases have them; a test compares this with the migrations.

diesel::table! {
    policy_versions (version) {
        version -> BigInt,
        created_at -> BigInt,
        author -> Text,
        summary -> Text,
        sha256 -> Text,
    }
}
diesel::table! {
    grants (id, version) {
        id -> Text,
        version -> Integer,
        recipient -> Text,
        form -> Text,
        state -> Text,
        tier -> Text,
        valid_from -> Text,
        valid_to -> Nullable<Text>,
        terms -> Text,
        loaded_at -> BigInt,
        loaded_by -> Text,
    }
}
diesel::table! {
    grant_periods (grant_id, grant_version, since_policy) {
        grant_id -> Text,
        grant_version -> Integer,
        since_policy -> BigInt,
        until_policy -> Nullable<BigInt>,
        state -> Nullable<Text>,
    }
}
diesel::table! {
    statutes (id, version) {
        id -> Text,
        version -> Integer,
        act -> Text,
        lov -> Text,
        section -> Text,
        url -> Text,
        text_sha256 -> Nullable<Text>,
        valid_from -> Nullable<Text>,
        valid_to -> Nullable<Text>,
        note -> Text,
        recorded_at -> BigInt,
        recorded_by -> Text,
    }
}
diesel::table! {
    grant_cases (id, version) {
        id -> Text,
        version -> Integer,
        revision -> Integer,
        state -> Text,
        recipient -> Text,
        form -> Text,
        valid_to -> BigInt,
        review_due -> Text,
        updated_at -> BigInt,
        body -> Text,
    }
}
diesel::table! {
    grant_steps (grant_id, version, revision) {
        grant_id -> Text,
        version -> Integer,
        revision -> Integer,
        at -> BigInt,
        act -> Text,
        from_state -> Nullable<Text>,
        to_state -> Text,
        actor -> Text,
        reason -> Nullable<Text>,
        body -> Text,
    }
}
diesel::table! {
    policy_tests (id) {
        id -> Text,
        name -> Text,
        expected -> Text,
        question -> Text,
        reason -> Text,
        made_at -> BigInt,
        made_by -> Text,
        retired_at -> Nullable<BigInt>,
        retired_by -> Nullable<Text>,
        retire_reason -> Nullable<Text>,
    }
}
diesel::table! {
    stops (id) {
        id -> Text,
        kind -> Text,
        target -> Text,
        reason -> Text,
        made_at -> BigInt,
        made_by -> Text,
        since_policy -> BigInt,
        lifted_at -> Nullable<BigInt>,
        lifted_by -> Nullable<Text>,
        lift_reason -> Nullable<Text>,
        until_policy -> Nullable<BigInt>,
    }
}
diesel::table! {
    protections (id) {
        id -> Text,
        form -> Text,
        year -> Integer,
        edition_id -> Text,
        asked_at -> BigInt,
        asked_by -> Text,
        state -> Text,
        stage -> Text,
        done -> BigInt,
        total -> BigInt,
        beaten_at -> BigInt,
        known -> Text,
        fault -> Nullable<Text>,
    }
}
diesel::table! {
    editions (id) {
        id -> Text,
        form -> Text,
        year -> Integer,
        version -> Integer,
        kind -> Text,
        status -> Text,
        records -> BigInt,
        parquet_sha256 -> Text,
        created_at -> BigInt,
        missing_regions -> Text,
        public_from -> Nullable<BigInt>,
        reason -> Nullable<Text>,
    }
}
diesel::table! {
    deliveries (id) {
        id -> Text,
        form -> Text,
        year -> Integer,
        sha256 -> Text,
        file_name -> Text,
        bytes -> BigInt,
        records -> BigInt,
        status -> Text,
        report -> Text,
        received_at -> BigInt,
        edition_id -> Nullable<Text>,
    }
}
diesel::table! {
    municipal_deliveries (id) {
        id -> Text,
        number -> BigInt,
        form -> Text,
        year -> Integer,
        kommune -> Text,
        sha256 -> Text,
        bytes -> BigInt,
        records -> BigInt,
        status -> Text,
        report -> Text,
        organisation -> Text,
        supplier -> Nullable<Text>,
        client -> Nullable<Text>,
        received_at -> BigInt,
        confirmed_at -> Nullable<BigInt>,
        period -> Integer,
    }
}
diesel::table! {
    edition_parts (edition_id, delivery_id) {
        edition_id -> Text,
        delivery_id -> Text,
    }
}
diesel::table! {
    releases (id) {
        id -> Text,
        form -> Text,
        year -> Integer,
        edition_id -> Text,
        version -> Integer,
        created_at -> BigInt,
        published_at -> Nullable<BigInt>,
        rule -> Text,
        report -> Text,
        archive -> Binary,
        sha256 -> Text,
    }
}
diesel::table! {
    decisions (seq) {
        seq -> BigInt,
        id -> Text,
        at -> BigInt,
        policy_version -> BigInt,
        subject_kind -> Text,
        organisation -> Nullable<Text>,
        supplier -> Nullable<Text>,
        client -> Nullable<Text>,
        action -> Text,
        resource -> Text,
        outcome -> Text,
        grant_id -> Nullable<Text>,
        grant_version -> Nullable<Integer>,
        body -> Text,
        previous -> Text,
        leaf -> Text,
        hash -> Text,
    }
}
diesel::table! {
    decision_head (id) {
        id -> Integer,
        seq -> BigInt,
        hash -> Text,
    }
}
diesel::table! {
    record_nodes (level, n) {
        level -> Integer,
        n -> BigInt,
        hash -> Text,
    }
}
diesel::table! {
    record_persons (commitment) {
        commitment -> Text,
        person -> Text,
        salt -> Text,
    }
}
diesel::table! {
    security_events (id) {
        id -> Text,
        at -> BigInt,
        kind -> Text,
        detail -> Text,
    }
}
diesel::table! {
    purses (kind, key) {
        kind -> Text,
        key -> Text,
        cap -> BigInt,
        spent -> BigInt,
    }
}
diesel::table! {
    spends (id) {
        id -> Text,
        at -> BigInt,
        question_key -> Text,
        question -> Text,
        project -> Text,
        sponsor -> Text,
        decision -> Text,
        nano -> BigInt,
        of_data -> Text,
    }
}
diesel::table! {
    cap_changes (id) {
        id -> Text,
        kind -> Text,
        key -> Text,
        cap -> BigInt,
        reason -> Text,
        proposed_by -> Text,
        proposed_at -> BigInt,
        approved_by -> Nullable<Text>,
        settled_at -> Nullable<BigInt>,
        proposed_marks -> Text,
    }
}
diesel::table! {
    answers (question_key) {
        question_key -> Text,
        id -> Text,
        at -> BigInt,
        body -> Binary,
        sha256 -> Text,
    }
}
diesel::table! {
    notices (id) {
        id -> Text,
        at -> BigInt,
        kind -> Text,
        grant_id -> Text,
        grant_version -> Integer,
        recipient -> Text,
        body -> Text,
        sent_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    cosignatures (size, witness) {
        size -> BigInt,
        witness -> Text,
        at -> BigInt,
        line -> Text,
    }
}
diesel::table! {
    node_calls (id) {
        id -> Text,
        until -> BigInt,
    }
}
diesel::table! {
    node_rounds (kind, id) {
        kind -> Text,
        id -> Text,
        subject -> Text,
        body -> Text,
        at -> BigInt,
    }
}
diesel::table! {
    joint_tables (id) {
        id -> Text,
        table_id -> Text,
        year -> Integer,
        recipient -> Nullable<Text>,
        asked_at -> BigInt,
        asked_by -> Text,
        body -> Text,
    }
}
diesel::table! {
    joint_beats (id) {
        id -> Text,
        at -> BigInt,
    }
}
diesel::table! {
    joint_ends (id) {
        id -> Text,
        state -> Text,
        at -> BigInt,
        body -> Text,
        archive -> Nullable<Binary>,
    }
}
diesel::table! {
    saved_queries (id) {
        id -> Text,
        at -> BigInt,
        table_id -> Text,
        body -> Text,
    }
}
diesel::table! {
    sent_rows (grant_id, day) {
        grant_id -> Text,
        day -> Integer,
        records -> BigInt,
    }
}
diesel::table! {
    targets (id) {
        id -> Text,
        region -> Text,
        indicator -> Text,
        year -> Integer,
        milli -> Nullable<BigInt>,
        set_by -> Text,
        at -> BigInt,
    }
}
diesel::table! {
    callings_off (release_id) {
        release_id -> Text,
        at -> BigInt,
        planned_for -> BigInt,
        reason -> Text,
        called_by -> Text,
    }
}
diesel::table! {
    liveness (id) {
        id -> Integer,
        beats -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(grants, grant_periods);
diesel::allow_tables_to_appear_in_same_query!(municipal_deliveries, edition_parts);
diesel::allow_tables_to_appear_in_same_query!(releases, callings_off);
diesel::allow_tables_to_appear_in_same_query!(joint_tables, joint_ends, joint_beats);
