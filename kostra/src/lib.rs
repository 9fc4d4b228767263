//! The KOSTRA vocabulary as pure values: forms, record layouts, controls, code lists, regions and
//! tables. It does no I/O and knows no clock; what it draws at random it draws from a given seed.

pub mod agreement;
pub mod bands;
pub mod calendar;
pub mod catalogue;
pub mod codelists;
pub mod columns;
pub mod controls;
pub mod derive;
pub mod fictitious;
pub mod form;
pub mod generate;
pub mod identity;
pub mod indicators;
pub mod klass;
pub mod layout;
pub mod months;
pub mod question;
pub mod record;
pub mod regions;
pub mod sheet;
pub mod table;
pub mod text;

pub use catalogue::{table, tables, tables_of};
pub use codelists::{CodeList, code_list, code_lists};
pub use columns::{Column, ColumnKind, ColumnRole, columns};
pub use controls::{Checker, Finding, Report, Severity};
pub use derive::{Derived, Deriver};
pub use form::Form;
pub use identity::NumberKind;
pub use indicators::{Indicator, IndicatorTable, indicator, indicator_table, indicator_tables};
pub use layout::{Code, Field, FieldKind, Layout};
pub use record::{Lines, Record};
pub use regions::Division;
pub use table::{Dimension, Level, Table, Value};
pub use text::{Language, Text};
