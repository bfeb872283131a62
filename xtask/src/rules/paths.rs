//! The documents name only paths that exist.

use super::sources::{files, relative};
use anyhow::{Context, Result};
use std::path::Path;

/// A word in back quotes that begins like this is a path of the repository.
const ROOTS: [&str; 8] = [
    "crates/", "docs/", "xtask/", "fuzz/", "web/", ".ci/", ".cargo/", "scripts/",
];

/// Every path in a document of the repository that does not exist.
pub(crate) fn breaches(root: &Path) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for file in files(root, "md")? {
        let path = relative(root, &file);
        let text = std::fs::read_to_string(&file).with_context(|| path.clone())?;
        let folder = file.parent().unwrap_or(root);
        for (number, line) in text.lines().enumerate() {
            let quoted = quoted_paths(line).filter(|named| !exists(root, named));
            let linked = linked_paths(line).filter(|named| !exists(folder, named));
            breaches.extend(
                quoted
                    .chain(linked)
                    .map(|named| format!("{path}:{} names {named}, which is not there", number + 1)),
            );
        }
    }
    Ok(breaches)
}

/// Whether a path exists; one with a variable part (`<name>`, `*`, `{`) is cut before that part.
fn exists(base: &Path, named: &str) -> bool {
    let fixed = match named.find(['<', '*', '{', '…']) {
        Some(at) => named
            .get(..at)
            .and_then(|head| head.rfind('/').and_then(|slash| named.get(..slash))),
        None => Some(named),
    };
    fixed.is_none_or(|fixed| base.join(fixed.trim_end_matches('/')).exists())
}

/// The words in back quotes that look like a path of the repository.
fn quoted_paths(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|word| !word.contains(' ') && ROOTS.iter().any(|root| word.starts_with(root)))
}

/// The targets of Markdown links into the repository.
fn linked_paths(line: &str) -> impl Iterator<Item = &str> {
    let targets = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_gone_is_told_and_variable_parts_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("crates/here/src")).unwrap();
        let text =
            "see `crates/here/src`, `crates/here/src/<name>.rs`, `crates/gone.rs` and [this](GONE.md)\n";
        std::fs::write(folder.path().join("README.md"), text).unwrap();
        let breaches = breaches(folder.path()).unwrap();
        assert_eq!(
            breaches,
            [
                "README.md:1 names crates/gone.rs, which is not there",
                "README.md:1 names GONE.md, which is not there"
            ]
        );
    }
}
