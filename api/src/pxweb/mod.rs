//! The table interface, PxWebApi 2 as Statbank's clients know it.

pub mod choice;
pub mod codelists;
pub mod csv;
pub mod cube;
pub mod frame;
pub mod html;
pub mod json_px;
pub mod json_stat1;
pub mod jsonstat;
pub mod number;
pub mod parquet;
pub mod parts;
pub mod provenance;
pub mod px;
pub mod request;
pub mod selection;
pub mod sheet;
pub mod subjects;
pub mod v1;
pub mod windows;
pub mod xlsx;
mod zip;

#[cfg(test)]
mod example;
