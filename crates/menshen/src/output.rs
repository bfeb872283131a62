//! Standard output, whose reader may go away (`menshen config show hub | head`).

use anyhow::Result;
use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Writes one line.
pub(crate) fn line(text: impl Display) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Whether an error only says that nobody reads any more.
pub(crate) fn nobody_reads(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
