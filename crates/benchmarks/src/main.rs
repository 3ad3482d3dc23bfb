//! Peers and floors.
fn main() {}
