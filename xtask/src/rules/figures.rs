//! Lengths of files and functions, to be compared with those of good houses. Told, not enforced.

use super::sources::{code_of, files, relative};
use anyhow::{Context, Result};
use std::path::Path;

/// How many of the longest are listed.
const LISTED: usize = 8;

/// Prints median, 90th percentile and maximum of files and functions; tests, comments and blank lines apart.
pub(crate) fn print(root: &Path) -> Result<()> {
    let mut of_files = Vec::new();
    let mut of_functions = Vec::new();
    for file in files(&root.join("crates"), "rs")?
        .into_iter()
        .chain(files(&root.join("xtask"), "rs")?)
    {
        let path = relative(root, &file);
        if path.contains("/tests/") || path.contains("/benches/") {
            continue;
        }
        let text = std::fs::read_to_string(&file).with_context(|| path.clone())?;
        let code = text.split("\n#[cfg(test)]").next().unwrap_or(&text);
        of_files.push((code.lines().filter(|line| counts(line)).count(), path.clone()));
        of_functions.extend(
            functions(code)
                .into_iter()
                .map(|(length, name)| (length, format!("{path}: {name}"))),
        );
    }
    report("file lines", of_files);
    report("function lines", of_functions);
    Ok(())
}

fn counts(line: &str) -> bool {
    !code_of(line).trim().is_empty()
}

/// The functions of a formatted source file with their lengths: from `fn` to the brace that closes at its depth.
fn functions(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize, String)> = Vec::new();
    for line in code.lines().filter(|line| counts(line)) {
        let indent = line.len() - line.trim_start().len();
        for function in &mut open {
            function.1 += 1;
        }
        if let Some(name) = function_name(line) {
            open.push((indent, 1, name));
        }
        let closes = line.trim_start().starts_with('}')
            || (line.trim_end().ends_with(['}', ';']) && function_name(line).is_some());
        if closes && open.last().is_some_and(|function| function.0 == indent) {
            found.extend(open.pop().map(|(_, length, name)| (length, name)));
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let line = line.trim_start();
    let start = line.find("fn ")?;
    let before = line.get(..start)?;
    let modifiers = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "async",
        "const",
        "unsafe",
        "extern",
    ];
    if !before.split_whitespace().all(|word| modifiers.contains(&word)) {
        return None;
    }
    line.get(start + 3..)?.split(['(', '<']).next().map(str::to_owned)
}

fn report(title: &str, mut lengths: Vec<(usize, String)>) {
    lengths.sort();
    let at = |share: usize| {
        lengths
            .get(lengths.len().saturating_sub(1) * share / 100)
            .map_or(0, |entry| entry.0)
    };
    println!(
        "{title}: {} counted, median {}, p90 {}, max {}",
        lengths.len(),
        at(50),
        at(90),
        at(100)
    );
    for (length, name) in lengths.iter().rev().take(LISTED) {
        println!("  {length:>5}  {name}");
    }
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn functions_are_measured_without_comments_and_blank_lines() {
        let code =
            "impl A {\n    pub fn one(&self) -> u8 {\n        // why\n\n        1\n    }\n}\nfn two() {}\n";
        assert_eq!(functions(code), [(3, "one".to_owned()), (1, "two".to_owned())]);
    }
}
