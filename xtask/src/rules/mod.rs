//! The rules of the house that a compiler does not hold.

mod dependencies;
pub(crate) mod figures;
mod paths;
mod rooms;
mod sources;

use anyhow::{Result, bail};
use std::path::Path;

/// Checks every rule on the repository at `root` and tells every breach.
pub(crate) fn check(root: &Path) -> Result<()> {
    let breaches = breaches(root)?;
    for breach in &breaches {
        eprintln!("rule broken: {breach}");
    }
    match breaches.len() {
        0 => {
            println!("==> rules of the house: held");
            Ok(())
        }
        count => bail!("{count} breaches of the rules of the house"),
    }
}

fn breaches(root: &Path) -> Result<Vec<String>> {
    let mut all = dependencies::breaches(&dependencies::metadata(root)?)?;
    all.extend(dependencies::unexplained(root)?);
    all.extend(rooms::breaches(root)?);
    all.extend(paths::breaches(root)?);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_holds_its_rules() {
        assert_eq!(breaches(&crate::process::root()).unwrap(), Vec::<String>::new());
    }
}
