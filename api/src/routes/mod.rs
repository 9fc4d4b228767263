//! The operations, one file a resource.

pub mod access;
pub mod budgets;
pub mod health;
pub mod questions;
pub mod records;
pub mod tables;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation; a handler that is not here does not exist.
pub fn configure(services: &mut ServiceConfig<'_>) {
    services
        .service(health::read_liveness)
        .service(health::read_readiness)
        .service(health::read_problem)
        .service(tables::read_config)
        .service(tables::list_tables)
        .service(tables::read_table)
        .service(tables::read_table_metadata)
        .service(tables::read_default_selection)
        .service(tables::read_table_data)
        .service(tables::query_table_data)
        .service(records::list_datasets)
        .service(records::read_dataset)
        .service(records::read_microdata)
        .service(questions::preview_question)
        .service(questions::ask_question)
        .service(questions::read_answer)
        .service(questions::read_receipt_key)
        .service(budgets::list_spends)
        .service(budgets::list_budgets)
        .service(budgets::change_budget)
        .service(access::read_me)
        .service(access::read_decision);
}
