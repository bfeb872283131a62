//! menshen
fn main() {}
