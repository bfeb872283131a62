//! The hub's side of each dialect.

pub mod qyzn;
