//! Every promise of the store, kept on SQLite and on PostgreSQL alike.

#[cfg(test)]
#[macro_use]
mod support;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod municipal;
#[cfg(test)]
mod node_calls;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod power;
#[cfg(test)]
mod purses;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod rounds;
#[cfg(test)]
mod saved_queries;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod sent;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod throughput;
#[cfg(test)]
mod tree;
