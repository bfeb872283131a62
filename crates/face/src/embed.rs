//! Embedding: an aligned face into a template, by SFace.

use std::sync::Arc;

use rten::{Model, NodeId, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use crate::align::{ALIGNED_SIDE, Aligned, align};
use crate::engine::{LoadError, RunError};
use crate::geometry::Point;
use crate::picture::{CHANNELS, Picture};
use crate::template::{TEMPLATE_LENGTH, Template};

/// SFace, ready to run.
pub struct Embedder {
    model: Model,
    input: NodeId,
    output: NodeId,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Embedder").finish_non_exhaustive()
    }
}

impl Embedder {
    /// Takes the folded network (see [`crate::models`]).
    ///
    /// # Errors
    /// [`LoadError::Network`] when it is not SFace.
    pub fn new(folded: Vec<u8>) -> Result<Self, LoadError> {
        let model = Model::load(folded).map_err(LoadError::network)?;
        let input = model.node_id("data").map_err(LoadError::network)?;
        let output = model.node_id("fc1").map_err(LoadError::network)?;
        Ok(Self { model, input, output })
    }

    /// The template of the face with these landmarks; `None` when they span no face.
    ///
    /// # Errors
    /// [`RunError`] when the network fails, which it does not on any picture.
    pub fn embed(
        &self,
        picture: &Picture,
        landmarks: &[Point; 5],
        pool: Option<Arc<ThreadPool>>,
    ) -> Result<Option<Template>, RunError> {
        align(picture, landmarks)
            .map(|aligned| self.embed_aligned(&aligned, pool))
            .transpose()
    }

    pub(crate) fn embed_aligned(
        &self,
        aligned: &Aligned,
        pool: Option<Arc<ThreadPool>>,
    ) -> Result<Template, RunError> {
        let shape = [1, CHANNELS, ALIGNED_SIDE, ALIGNED_SIDE];
        let tensor = NdTensor::from_data(shape, aligned.planes().to_vec());
        let mut options = RunOptions::default();
        options.thread_pool = pool;
        let input: ValueOrView = tensor.view().into();
        let [output] = self
            .model
            .run_n(vec![(self.input, input)], [self.output], Some(options))?;
        let output: NdTensor<f32, 2> = output.try_into().map_err(RunError::shape)?;
        let values: [f32; TEMPLATE_LENGTH] = output
            .to_vec()
            .try_into()
            .map_err(|_| RunError::shape("not 128 numbers"))?;
        Template::from_raw(values).map_err(RunError::shape)
    }
}
