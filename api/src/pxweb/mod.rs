//! The table interface, PxWebApi 2 as Statbank's clients know it.

pub mod csv;
pub mod cube;
pub mod jsonstat;
pub mod request;
pub mod selection;
