//! The numeric part of the search: products of rows with a query, in plain safe Rust that the compiler vectorises.
#![allow(clippy::indexing_slicing)] // lanes of fixed-size arrays: the bounds are known at compile time

use crate::template::TEMPLATE_LENGTH;

/// Independent sums, so that the compiler may use whole vector registers and hide their latency.
const LANES: usize = 16;

/// The product of two templates: their cosine.
#[must_use]
pub(crate) fn product(left: &[f32; TEMPLATE_LENGTH], right: &[f32; TEMPLATE_LENGTH]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (left, _) = left.as_chunks::<LANES>();
    let (right, _) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    // Halves onto each other: one sum after the other would cost as much as all the products.
    let sums: [f32; 8] = std::array::from_fn(|lane| sums[lane] + sums[lane + 8]);
    let sums: [f32; 4] = std::array::from_fn(|lane| sums[lane] + sums[lane + 4]);
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

/// The products of all rows with `query`, into `scores` (the shorter of the two lengths counts), and the greatest of
/// them: most of a large gallery needs no second look.
pub(crate) fn products(
    rows: &[[f32; TEMPLATE_LENGTH]],
    query: &[f32; TEMPLATE_LENGTH],
    scores: &mut [f32],
) -> f32 {
    let mut greatest = f32::NEG_INFINITY;
    for (score, row) in scores.iter_mut().zip(rows) {
        *score = product(row, query);
        greatest = if *score > greatest { *score } else { greatest };
    }
    greatest
}

/// The first index at or after `from` whose score is over `floor`.
pub(crate) fn next_over(scores: &[f32], from: usize, floor: f32) -> Option<(usize, f32)> {
    scores
        .iter()
        .copied()
        .enumerate()
        .skip(from)
        .find(|(_, score)| *score > floor)
}
