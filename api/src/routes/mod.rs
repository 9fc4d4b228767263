//! The operations, one file a resource.

pub mod access;
pub mod audit;
pub mod budgets;
pub mod catalogue;
pub mod codelists;
pub mod collection;
pub mod comparisons;
pub mod crosschecks;
pub mod decisions;
pub mod deliver;
pub mod deliveries;
pub mod editions;
pub mod feed;
pub mod grants;
pub mod health;
pub mod indicators;
pub mod joint_tables;
pub mod klass;
pub mod matrix;
pub mod node_comparisons;
pub mod node_rounds;
pub mod nodes;
pub mod notices;
pub mod policy_tests;
pub mod questions;
pub mod records;
pub mod releases;
pub mod saved_queries;
mod several;
pub mod spends;
pub mod statbank_v1;
pub mod statutes;
pub mod stops;
pub mod table_list;
pub mod tables;
pub mod targets;
pub mod usage;
pub mod witnesses;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation; a handler that is not here does not exist.
pub fn configure(services: &mut ServiceConfig<'_>) {
    services
        // Addresses are compared in this order, each with some work; most requests are for the first.
        .service(tables::read_table_data)
        .service(questions::ask_question)
        .service(records::read_microdata)
        .service(nodes::relay_microdata)
        .service(nodes::relay_table_data)
        .service(health::read_liveness)
        .service(health::read_readiness)
        .service(health::read_problem)
        .service(table_list::read_config)
        .service(table_list::list_tables)
        .service(tables::read_table)
        .service(tables::read_table_metadata)
        .service(tables::read_default_selection)
        .service(tables::query_table_data)
        .configure(first_interface)
        .configure(catalogues)
        .service(indicators::list_indicators)
        .service(indicators::read_indicator)
        .service(targets::list_targets)
        .service(targets::set_target)
        .service(codelists::read_codelist)
        .service(saved_queries::create_saved_query)
        .service(saved_queries::read_saved_query)
        .service(saved_queries::read_saved_query_selection)
        .service(saved_queries::read_saved_query_data)
        .service(records::list_datasets)
        .service(records::read_dataset)
        .service(questions::preview_question)
        .service(questions::read_answer)
        .service(questions::read_receipt_key)
        .service(spends::list_spends)
        .service(budgets::list_budgets)
        .service(budgets::change_budget)
        .service(deliver::deliver)
        .service(deliver::deliver_month)
        .service(deliveries::list_deliveries)
        .service(deliveries::read_delivery)
        .service(deliveries::confirm_delivery)
        .service(editions::make_edition)
        .service(editions::list_editions)
        .service(editions::read_coverage)
        .service(editions::list_reminders)
        .service(releases::make_release)
        .service(releases::list_releases)
        .service(releases::follow_release)
        .service(releases::publish_release)
        .service(releases::call_off_release)
        .service(releases::read_release)
        .service(crosschecks::check_accounts)
        .service(access::read_me)
        .service(access::read_decision)
        .configure(nodes)
        .configure(law);
}

/// Statbank's first interface.
fn first_interface(services: &mut ServiceConfig<'_>) {
    services
        .service(statbank_v1::list_v1_databases)
        .service(statbank_v1::list_v1_subjects)
        .service(statbank_v1::read_v1_table)
        .service(statbank_v1::read_v1_table_of_subject)
        .service(statbank_v1::read_v1_table_of_group)
        .service(statbank_v1::query_v1_table)
        .service(statbank_v1::query_v1_table_of_group);
}

/// Classifications, and what there is.
fn catalogues(services: &mut ServiceConfig<'_>) {
    services
        .service(klass::list_classifications)
        .service(klass::search_classifications)
        .service(klass::read_classification)
        .service(klass::list_classification_codes)
        .service(klass::list_classification_codes_at)
        .service(klass::list_classification_changes)
        .service(klass::list_correspondence)
        .service(klass::list_correspondence_at)
        .service(klass::read_classification_version)
        .service(klass::read_correspondence_table)
        .service(collection::read_jsonstat_collection)
        .service(feed::read_feed)
        .service(catalogue::read_catalogue);
}

/// Other nodes.
fn nodes(services: &mut ServiceConfig<'_>) {
    services
        .service(nodes::list_nodes)
        .service(nodes::read_node_keys)
        .service(joint_tables::make_joint_table)
        .service(joint_tables::list_joint_tables)
        .service(joint_tables::read_joint_table)
        .service(node_rounds::say_hello)
        .service(node_rounds::send_masked_sums)
        .service(node_rounds::judge_offer)
        .service(comparisons::make_comparison)
        .service(comparisons::read_comparison)
        .service(node_comparisons::propose_comparison)
        .service(node_comparisons::exchange_points);
}

/// What legal staff and applicants do.
fn law(services: &mut ServiceConfig<'_>) {
    services
        .service(grants::list_grants)
        .service(grants::create_grant)
        .service(grants::read_grant)
        .service(grants::edit_grant)
        .service(grants::read_grant_history)
        .service(matrix::read_grant_impact)
        .service(grants::take_step)
        .service(decisions::try_decision)
        .service(usage::read_grant_use)
        .service(audit::list_events)
        .service(notices::list_notices)
        .service(audit::read_checkpoint)
        .service(witnesses::add_cosignature)
        .service(witnesses::read_tile)
        .service(audit::read_proof)
        .service(matrix::read_access_matrix)
        .service(policy_tests::list_policy_tests)
        .service(policy_tests::add_policy_test)
        .service(policy_tests::retire_policy_test)
        .service(statutes::list_statutes)
        .service(statutes::add_statute)
        .service(statutes::read_statute)
        .service(stops::list_stops)
        .service(stops::make_stop)
        .service(stops::lift_stop);
}
