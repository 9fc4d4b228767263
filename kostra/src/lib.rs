//! The KOSTRA vocabulary as pure values: forms, record layouts, controls, code lists, regions and
//! tables. It does no I/O and knows no clock; what it draws at random it draws from a given seed.

pub mod form;
pub mod table;
pub mod text;

pub use form::Form;
pub use table::{Dimension, Level, Table, Value};
pub use text::{Language, Text};
