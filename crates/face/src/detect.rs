//! Detection: where faces are, by YuNet.
#![allow(clippy::indexing_slicing)] // tensor arithmetic: every index is bounded by the lengths checked beside it

use std::sync::Arc;

use rten::{Model, NodeId, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::{LoadError, RunError};
use crate::geometry::{Detection, FaceBox, Point};
use crate::picture::{CHANNELS, Picture};

/// The network halves the picture five times: both sides are padded to a multiple of this.
const SIDE_MULTIPLE: usize = 32;

/// Pixels between two cells of each of the three levels.
const STRIDES: [usize; 3] = [8, 16, 32];

/// When something is a face.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorSettings {
    /// The least score, 0 to 1.
    pub min_score: f32,
    /// Two finds that overlap more than this (intersection over union) are one face.
    pub max_overlap: f32,
    /// No more finds than this are weighed against each other; the best remain.
    pub max_candidates: usize,
}

impl Default for DetectorSettings {
    fn default() -> Self {
        Self {
            min_score: 0.6,
            max_overlap: 0.3,
            max_candidates: 5000,
        }
    }
}

/// YuNet, ready to run.
pub struct Detector {
    model: Model,
    input: NodeId,
    outputs: [NodeId; 12],
    settings: DetectorSettings,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Detector")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// What one level of the network says, cell by cell.
struct Level {
    stride: usize,
    columns: usize,
    class: Vec<f32>,
    object: Vec<f32>,
    bounds: Vec<f32>,
    points: Vec<f32>,
}

impl Detector {
    /// Takes the folded network (see [`crate::models`]).
    ///
    /// # Errors
    /// [`LoadError::Network`] when it is not YuNet.
    pub fn new(folded: Vec<u8>, settings: DetectorSettings) -> Result<Self, LoadError> {
        let model = Model::load(folded).map_err(LoadError::network)?;
        let node = |name: &str| model.node_id(name).map_err(LoadError::network);
        let input = node("input")?;
        let mut outputs = [input; 12];
        for (level, stride) in STRIDES.iter().enumerate() {
            for (kind, name) in ["cls", "obj", "bbox", "kps"].iter().enumerate() {
                outputs[level * 4 + kind] = node(&format!("{name}_{stride}"))?;
            }
        }
        Ok(Self {
            model,
            input,
            outputs,
            settings,
        })
    }

    /// Finds faces in a picture as it is, the largest first. Boxes and landmarks are in its pixels.
    ///
    /// # Errors
    /// [`RunError`] when the network fails, which it does not on any picture.
    pub fn detect(
        &self,
        picture: &Picture,
        pool: Option<Arc<ThreadPool>>,
    ) -> Result<Vec<Detection>, RunError> {
        let (width, height) = padded(picture);
        let tensor = NdTensor::from_data([1, CHANNELS, height, width], planes(picture, width, height));
        let mut options = RunOptions::default();
        options.thread_pool = pool;
        let input: ValueOrView = tensor.view().into();
        let outputs = self
            .model
            .run(vec![(self.input, input)], &self.outputs, Some(options))?;
        let mut numbers = Vec::with_capacity(outputs.len());
        for output in outputs {
            let output: NdTensor<f32, 3> = output.try_into().map_err(RunError::shape)?;
            numbers.push(output.to_vec());
        }
        let mut found = Vec::new();
        for (level, stride) in STRIDES.into_iter().enumerate() {
            let mut part = |kind: usize| std::mem::take(&mut numbers[level * 4 + kind]);
            let columns = width / stride;
            let (class, object, bounds, points) = (part(0), part(1), part(2), part(3));
            let level = Level {
                stride,
                columns,
                class,
                object,
                bounds,
                points,
            };
            level.check(columns * (height / stride))?;
            found.extend(level.faces(self.settings.min_score));
        }
        Ok(distinct(found, &self.settings))
    }
}

impl Level {
    fn check(&self, cells: usize) -> Result<(), RunError> {
        let lengths = [
            self.class.len(),
            self.object.len(),
            self.bounds.len(),
            self.points.len(),
        ];
        if lengths == [cells, cells, 4 * cells, 10 * cells] {
            Ok(())
        } else {
            Err(RunError::shape(format!("{lengths:?} numbers for {cells} cells")))
        }
    }

    fn faces(&self, min_score: f32) -> Vec<Detection> {
        let score =
            |cell: usize| (self.class[cell].clamp(0.0, 1.0) * self.object[cell].clamp(0.0, 1.0)).sqrt();
        (0..self.class.len())
            .filter(|cell| score(*cell) >= min_score)
            .map(|cell| self.face(cell, score(cell)))
            .collect()
    }

    fn face(&self, cell: usize, score: f32) -> Detection {
        let stride = self.stride as f32;
        let (column, row) = ((cell % self.columns) as f32, (cell / self.columns) as f32);
        let bounds = &self.bounds[4 * cell..4 * cell + 4];
        let (width, height) = (bounds[2].exp() * stride, bounds[3].exp() * stride);
        let (x, y) = ((column + bounds[0]) * stride, (row + bounds[1]) * stride);
        let numbers = &self.points[10 * cell..10 * cell + 10];
        let landmarks = std::array::from_fn(|point| Point {
            x: (numbers[2 * point] + column) * stride,
            y: (numbers[2 * point + 1] + row) * stride,
        });
        let bounds = FaceBox {
            x: x - width / 2.0,
            y: y - height / 2.0,
            width,
            height,
        };
        Detection {
            bounds,
            landmarks,
            score,
        }
    }
}

fn padded(picture: &Picture) -> (usize, usize) {
    let up = |side: u32| (side as usize).next_multiple_of(SIDE_MULTIPLE);
    (up(picture.width()), up(picture.height()))
}

/// `[3, height, width]`: blue, green, red, 0 to 255, black to the right and below.
fn planes(picture: &Picture, width: usize, height: usize) -> Vec<f32> {
    let mut planes = vec![0.0; CHANNELS * width * height];
    let rows = picture.pixels().chunks_exact(picture.width() as usize * CHANNELS);
    for (channel, plane) in planes.chunks_exact_mut(width * height).enumerate() {
        for (target, source) in plane.chunks_exact_mut(width).zip(rows.clone()) {
            let (pixels, _) = source.as_chunks::<CHANNELS>();
            for (value, pixel) in target.iter_mut().zip(pixels) {
                *value = f32::from(pixel[CHANNELS - 1 - channel]);
            }
        }
    }
    planes
}

/// One find per face: of those that overlap the surest; then the largest first.
fn distinct(mut found: Vec<Detection>, settings: &DetectorSettings) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(settings.max_candidates);
    let mut kept: Vec<Detection> = Vec::new();
    for face in found {
        if kept
            .iter()
            .all(|other| face.bounds.overlap(&other.bounds) <= settings.max_overlap)
        {
            kept.push(face);
        }
    }
    kept.sort_by(|a, b| b.bounds.area().total_cmp(&a.bounds.area()));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, width: f32, score: f32) -> Detection {
        let bounds = FaceBox {
            x,
            y: 0.0,
            width,
            height: width,
        };
        Detection {
            bounds,
            landmarks: [Point::default(); 5],
            score,
        }
    }

    #[test]
    fn of_finds_that_overlap_the_surest_remains_and_the_largest_is_first() {
        let found = vec![face(0.0, 10.0, 0.8), face(1.0, 10.0, 0.9), face(50.0, 30.0, 0.7)];
        let kept = distinct(found, &DetectorSettings::default());
        assert_eq!(kept, vec![face(50.0, 30.0, 0.7), face(1.0, 10.0, 0.9)]);
    }

    #[test]
    fn the_input_is_blue_green_red_padded_with_black() {
        let picture = Picture::from_rgb(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let planes = planes(&picture, 32, 32);
        assert_eq!(planes.len(), 3 * 32 * 32);
        assert_eq!(planes[..3], [3.0, 6.0, 0.0]);
        assert_eq!(planes[2 * 32 * 32..2 * 32 * 32 + 3], [1.0, 4.0, 0.0]);
    }

    #[test]
    fn a_cell_becomes_a_box_and_points() {
        let level = Level {
            stride: 8,
            columns: 2,
            class: vec![0.0, 0.0, 0.0, 0.9],
            object: vec![1.0, 1.0, 1.0, 0.9],
            bounds: [vec![0.0; 12], vec![0.5, 0.25, 0.0, 2.0_f32.ln()]].concat(),
            points: [vec![0.0; 30], vec![0.5; 10]].concat(),
        };
        let faces = level.faces(0.6);
        assert_eq!(faces.len(), 1);
        let bounds = faces[0].bounds;
        assert_eq!((bounds.x, bounds.y, bounds.width), (8.0, 2.0, 8.0));
        assert!((bounds.height - 16.0).abs() < 1e-4 && (faces[0].score - 0.9).abs() < 1e-6);
        assert_eq!(faces[0].landmarks[4], Point { x: 12.0, y: 12.0 });
    }
}
