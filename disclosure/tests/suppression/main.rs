//! The promises of the suppression engine, held against checkers that are slow and plainly right.
//!
//! Dense rational elimination for algebra, and every possible inner table for the rest.

#[cfg(test)]
mod amounts;
#[cfg(test)]
mod brute;
#[cfg(test)]
mod methods;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rationals;
#[cfg(test)]
mod tables;
