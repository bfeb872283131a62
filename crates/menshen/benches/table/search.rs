//! The two most alike of many templates, one query, one thread.
//!
//! Floor: memory bandwidth: adding up the same numbers.

use crate::report::Row;
use crate::time;
use face::{Gallery, TEMPLATE_LENGTH, Template};
use std::hint::black_box;

const SIZES: [usize; 2] = [50_000, 1_000_000];
const TIMES: usize = 15;
/// Sums that are independent of each other, so that the processor waits for memory and not for itself.
const LANES: usize = 32;

pub(crate) fn rows() -> Vec<Row> {
    SIZES.map(row).into()
}

fn row(size: usize) -> Row {
    let gallery = Gallery::new();
    let mut random = Random(1);
    for key in 0..size {
        gallery.insert(u32::try_from(key).unwrap(), "", &random.template());
    }
    let query = random.template();
    let ours = time(TIMES, || {
        black_box(gallery.search(black_box(&query)));
    });
    drop(gallery);
    let numbers = vec![1.0_f32; size * TEMPLATE_LENGTH];
    let floor = time(TIMES, || {
        black_box(sum(black_box(&numbers)));
    });
    let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1000.0;
    Row {
        what: format!("search among {size} templates"),
        ours: format!("{:.2} ms", milliseconds(ours)),
        floor: format!("reading that memory: {:.2} ms", milliseconds(floor)),
        ratio: Some(ours.as_secs_f64() / floor.as_secs_f64()),
    }
}

fn sum(numbers: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for chunk in numbers.as_chunks::<LANES>().0 {
        for (sum, number) in sums.iter_mut().zip(chunk) {
            *sum += number;
        }
    }
    sums.iter().sum()
}

/// Numbers that look random and are the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn template(&mut self) -> Template {
        let values = std::array::from_fn(|_| {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 40) as f32 / (1 << 24) as f32 - 0.5
        });
        Template::from_raw(values).unwrap()
    }
}
