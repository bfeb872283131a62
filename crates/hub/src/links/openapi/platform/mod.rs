//! Chapter 9: terminals that ask for the changes of their people, report what became of them and whom they see. They are
//! not called; each of their requests is a sign of life, and every fresh pass is decided here (hub rule 17).
//!
//! [`routes`] takes their requests; [`presence`] is who is there; [`changes`] hands out what is to be changed until it is
//! confirmed; [`passes`] keeps what they see and decides.

mod changes;
mod link;
mod passes;
mod presence;
mod routes;

pub(in crate::links) use routes::routes;
