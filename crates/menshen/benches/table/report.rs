//! The table and where it goes.

use std::fmt;
use std::path::Path;

/// One line: ours beside a floor or a peer.
pub(crate) struct Row {
    /// What is measured.
    pub(crate) what: String,
    /// Ours, with its unit.
    pub(crate) ours: String,
    /// What it is compared with, and that figure.
    pub(crate) floor: String,
    /// How many times as much as the floor ours costs; absent where there was nothing to compare with.
    pub(crate) ratio: Option<f64>,
}

/// The table.
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
    }

    /// Writes it into the book.
    pub(crate) fn write(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md");
        let text = format!(
            "# Benchmarks\n\nMade by `cargo xtask bench --write`. Each line was measured in one run beside its floor or peer: the \
             ratio is how many times as\nmuch it costs as that, and says more than the figure, which is this machine's.\n\n{self}\n"
        );
        std::fs::write(path, text).unwrap();
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {}\n",
            machine(),
            jiff::Timestamp::now().strftime("%Y-%m-%d")
        )?;
        writeln!(
            f,
            "| what | ours | floor or peer | ratio |\n| --- | --- | --- | --- |"
        )?;
        for row in &self.rows {
            let ratio = row
                .ratio
                .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
            writeln!(f, "| {} | {} | {} | {ratio} |", row.what, row.ours, row.floor)?;
        }
        Ok(())
    }
}

/// Processor, cores and memory.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor =
        field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    format!(
        "{processor}, {cores} cores, {} GB",
        memory.unwrap_or_default() >> 20
    )
}
