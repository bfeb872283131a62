//! Where the log goes: standard error, for people on a terminal and as JSON lines otherwise. Panics go the same way.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_subscriber::EnvFilter;

/// The variable that filters the log, as in `hub=debug,info`.
const FILTER_VARIABLE: &str = "MENSHEN_LOG";

static IS_JSON: AtomicBool = AtomicBool::new(false);

/// Starts the log; `level` holds where the environment says nothing.
pub(crate) fn start(level: &str) {
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A line that the disk has no room for is lost; told to the same place, the loss would end the process.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).init();
    } else {
        builder.json().flatten_event(true).init();
        IS_JSON.store(true, Ordering::Relaxed);
    }
    std::panic::set_hook(Box::new(panicked));
}

/// Whether the log has started and writes JSON lines.
pub(crate) fn is_json() -> bool {
    IS_JSON.load(Ordering::Relaxed)
}

fn panicked(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(location, "panicked: {}", text.unwrap_or("without a text"));
}
