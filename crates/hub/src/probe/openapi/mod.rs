//! `openapi`: chapter 9, in which the device asks its platform ([`platform`]).

pub mod platform;
