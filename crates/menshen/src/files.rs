//! How many files and connections this process may have open.

/// Raises the bound to what the system allows at most. Many systems start a process with 1,024, and each device is a
/// connection; where raising is refused the process runs with what it has.
pub(crate) fn raise_bound() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut bound = getrlimit(Resource::Nofile);
        bound.current = bound.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, bound) {
            tracing::warn!(%error, "the bound on open files stays as it is");
        }
    }
}
