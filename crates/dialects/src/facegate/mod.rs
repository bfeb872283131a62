//! The dialect `facegate`: a platform calls `POST /action/<Operator>` on a terminal, which pushes what happens to the
//! platform's own addresses (document V1.36).
//!
//! A message is `{"operator", "info"}` with some keys beside ([`body`]). What a platform calls is a [`Call`], each an
//! [`Operation`] with its answer; what a terminal pushes is a [`Push`], answered by an [`Acknowledgement`]. Failures have
//! codes whose meaning depends on the operator ([`code`]). Callers are known by Basic authentication ([`auth`]).
//!
//! One file for each part of the document: [`settings`] (the eighteen pairs of `Get…` and `Set…`), [`device`] (what it is
//! told to do), [`person`] (3.10, 3.11, 3.19), [`subscription`] (3.12, 3.13), [`push`] (3.12.3 to 3.14), [`record`]
//! (3.22, 3.26, 3.32), [`face`] (3.18, 3.25), [`nation`] (D.1).

pub mod auth;
mod bit;
pub mod body;
pub mod call;
pub mod card_number;
mod check;
pub mod code;
pub mod convert;
pub mod device;
pub mod face;
pub mod json;
pub mod nation;
pub mod operation;
pub mod person;
pub mod push;
pub mod record;
pub mod settings;
pub mod subscription;
pub mod time;

pub use auth::{AuthError, BasicUser};
pub use body::{Body, DeviceId, Place};
pub use call::{Call, CallProblem, ReceivedCall, Refused, native};
pub use card_number::CardNumber;
pub use code::{AddPersonCode, BatchCode, BatchPersonCode, FailureClass};
pub use operation::{Answer, Done, Operation, Refusal, answer_of, failure, success};
pub use person::{
    AddPerson, AddPersons, DeleteAllPerson, DeletePerson, EditPerson, EditPersonsNew, PersonIds, PersonInfo,
    PersonRef, Validity,
};
pub use push::{Acknowledgement, Push, ReceivedPush, SnapPush, VerifyPush, heart_beat_answer};
pub use settings::{GetSettings, OpenDoorWay, SetSettings, SettingsGroup, SettingsValues};
pub use subscription::{GetSubscribe, Subscribe, Subscription, Topic, Unsubscribe};
