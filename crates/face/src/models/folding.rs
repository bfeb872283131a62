//! Folding: the models carry their weights as 8-bit numbers with a scale per block, which no inference library in pure
//! Rust takes. Here every such weight becomes `f32`, and the graph one that they take.
//!
//! Every input of every `DequantizeLinear` is a constant: value = (q − zero point of the block) · scale of the block.
//! Weights are `[rows, columns]` with blocks along axis 1, biases `[length]` along axis 0, or one scale for all.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use rten_onnx::onnx::{DataType, Dimension, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};

/// The operator that unpacks.
const DEQUANTIZE: &str = "DequantizeLinear";

/// Does nothing when a network is used rather than trained.
const DROPOUT: &str = "Dropout";

/// Why a model cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The file is not ONNX.
    #[error("it is not an ONNX file: {0}")]
    Format(String),
    /// There is no graph in it.
    #[error("it has no graph")]
    NoGraph,
    /// A quantised weight has another form than expected.
    #[error("weight {weight}: {reason}")]
    Weight {
        /// The weight's name.
        weight: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Folds a model: `f32` weights, no `DequantizeLinear`, no `Dropout`, no unused inputs, free height and width.
pub(crate) fn fold(bytes: &[u8]) -> Result<Vec<u8>, FoldError> {
    let mut model = ModelProto::parse_buf(bytes).map_err(format_error)?;
    let graph = model.graph.as_mut().ok_or(FoldError::NoGraph)?;
    unpack_weights(graph)?;
    for node in &mut graph.node {
        if node.op_type.as_deref() == Some(DROPOUT) {
            node.op_type = Some("Identity".to_owned());
            node.input.truncate(1);
            node.output.truncate(1);
            node.attribute.clear();
        }
    }
    free_inputs(graph);
    // Shapes of intermediate values were written for one size of input.
    graph.value_info.clear();
    model.write_buf().map_err(format_error)
}

fn unpack_weights(graph: &mut GraphProto) -> Result<(), FoldError> {
    let (packed, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut graph.node)
        .into_iter()
        .partition(|node| node.op_type.as_deref() == Some(DEQUANTIZE));
    graph.node = kept;
    let constants: HashMap<&str, &TensorProto> = graph
        .initializer
        .iter()
        .filter_map(|tensor| tensor.name.as_deref().map(|name| (name, tensor)))
        .collect();
    let unpacked = packed
        .iter()
        .map(|node| unpack(node, &constants))
        .collect::<Result<Vec<_>, _>>()?;
    drop(constants);
    let used: HashSet<&str> = graph
        .node
        .iter()
        .flat_map(|node| node.input.iter().map(String::as_str))
        .collect();
    graph
        .initializer
        .retain(|tensor| tensor.name.as_deref().is_some_and(|name| used.contains(name)));
    graph.initializer.extend(unpacked);
    Ok(())
}

fn unpack(node: &NodeProto, constants: &HashMap<&str, &TensorProto>) -> Result<TensorProto, FoldError> {
    let [output] = node.output.as_slice() else {
        return Err(FoldError::NoGraph);
    };
    let fail = |reason| FoldError::Weight {
        weight: output.clone(),
        reason,
    };
    let constant = |index: usize| {
        node.input
            .get(index)
            .and_then(|name| constants.get(name.as_str()).copied())
    };
    let weight = constant(0).ok_or_else(|| fail("it is not a constant"))?;
    let scales = constant(1)
        .and_then(floats)
        .ok_or_else(|| fail("it has no constant f32 scales"))?;
    let zero_points = match node.input.get(2) {
        None => None,
        Some(_) => Some(
            constant(2)
                .and_then(bytes)
                .ok_or_else(|| fail("its zero points are not 8-bit"))?,
        ),
    };
    let numbers = bytes(weight).ok_or_else(|| fail("it is not 8-bit"))?;
    let row = row_length(&weight.dims, numbers.len()).ok_or_else(|| fail("its shape is unknown"))?;
    let block = block_length(node, row, numbers.len(), scales.len())
        .ok_or_else(|| fail("its blocks do not fit its scales"))?;
    let values = dequantize(&numbers, row, block, &scales, zero_points.as_deref())
        .ok_or_else(|| fail("its blocks do not fit its scales"))?;
    Ok(TensorProto {
        dims: weight.dims.clone(),
        data_type: Some(DataType::FLOAT),
        raw_data: Some(RefCell::new(
            values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        )),
        name: Some(output.clone()),
        ..TensorProto::default()
    })
}

/// The length of the innermost axis, which the blocks divide.
fn row_length(dims: &[i64], count: usize) -> Option<usize> {
    let row = match dims {
        [] => 1,
        [length] | [_, length] => usize::try_from(*length).ok()?,
        _ => return None,
    };
    (row > 0 && count > 0 && count.is_multiple_of(row)).then_some(row)
}

/// How many numbers of a row share a scale.
fn block_length(node: &NodeProto, row: usize, count: usize, scales: usize) -> Option<usize> {
    if scales == 1 {
        return (count == row).then_some(row);
    }
    let named = node
        .attribute
        .iter()
        .find(|attribute| attribute.name.as_deref() == Some("block_size"));
    let block = named
        .and_then(|attribute| attribute.i)
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(0);
    let block = if block == 0 { 1 } else { block };
    (row.div_ceil(block).checked_mul(count / row)? == scales).then_some(block)
}

fn dequantize(
    numbers: &[i32],
    row: usize,
    block: usize,
    scales: &[f32],
    zero_points: Option<&[i32]>,
) -> Option<Vec<f32>> {
    if zero_points.is_some_and(|points| points.len() != scales.len()) {
        return None;
    }
    let mut values = Vec::with_capacity(numbers.len());
    let blocks = numbers.chunks(row).flat_map(|row| row.chunks(block));
    for (index, part) in blocks.enumerate() {
        let scale = scales.get(index)?;
        let zero = zero_points.map_or(Some(0), |points| points.get(index).copied())?;
        values.extend(part.iter().map(|number| (number - zero) as f32 * scale));
    }
    Some(values)
}

/// An 8-bit tensor's numbers.
fn bytes(tensor: &TensorProto) -> Option<Vec<i32>> {
    let raw = tensor.raw_data.as_ref().map(RefCell::borrow);
    match (tensor.data_type?, raw) {
        (DataType::INT8 | DataType::UINT8, None) => Some(tensor.int32_data.clone()),
        (DataType::INT8, Some(raw)) => Some(raw.iter().map(|byte| i32::from(byte.cast_signed())).collect()),
        (DataType::UINT8, Some(raw)) => Some(raw.iter().map(|byte| i32::from(*byte)).collect()),
        _ => None,
    }
}

/// An `f32` tensor's numbers.
fn floats(tensor: &TensorProto) -> Option<Vec<f32>> {
    if tensor.data_type? != DataType::FLOAT {
        return None;
    }
    let Some(raw) = &tensor.raw_data else {
        return Some(tensor.float_data.clone());
    };
    Some(
        raw.borrow()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|number| f32::from_le_bytes(*number))
            .collect(),
    )
}

/// Drops inputs that no node uses, or that a constant supplies, and lets height and width be anything.
fn free_inputs(graph: &mut GraphProto) {
    let used: HashSet<&str> = graph
        .node
        .iter()
        .flat_map(|node| node.input.iter().map(String::as_str))
        .collect();
    let constants: HashSet<&str> = graph
        .initializer
        .iter()
        .filter_map(|tensor| tensor.name.as_deref())
        .collect();
    graph.input.retain(|input| {
        input
            .name
            .as_deref()
            .is_some_and(|name| used.contains(name) && !constants.contains(name))
    });
    graph
        .input
        .iter_mut()
        .chain(&mut graph.output)
        .for_each(free_shape);
}

/// An input picture is `[1, 3, height, width]`; outputs follow from it.
fn free_shape(value: &mut ValueInfoProto) {
    let shape = value.r#type.as_mut().and_then(|kind| kind.tensor_type.as_mut());
    let Some(shape) = shape.and_then(|tensor| tensor.shape.as_mut()) else {
        return;
    };
    for (index, dimension) in shape.dim.iter_mut().enumerate().skip(1) {
        let channels = index == 1 && dimension.dim_value == Some(3);
        if !channels {
            *dimension = Dimension {
                dim_value: None,
                dim_param: Some(format!("side{index}")),
            };
        }
    }
}

fn format_error(error: impl std::fmt::Display) -> FoldError {
    FoldError::Format(error.to_string())
}

#[cfg(test)]
mod tests {
    use rten_onnx::onnx::AttributeProto;

    use super::*;

    fn tensor(name: &str, dims: &[i64], kind: DataType, raw: Vec<u8>) -> TensorProto {
        TensorProto {
            name: Some(name.to_owned()),
            dims: dims.to_vec(),
            data_type: Some(kind),
            raw_data: Some(RefCell::new(raw)),
            ..TensorProto::default()
        }
    }

    fn floats_of(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn node(kind: &str, inputs: &[&str], output: &str, block: Option<i64>) -> NodeProto {
        let attribute = block.map(|size| AttributeProto {
            name: Some("block_size".to_owned()),
            i: Some(size),
            ..AttributeProto::default()
        });
        NodeProto {
            op_type: Some(kind.to_owned()),
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![output.to_owned()],
            attribute: attribute.into_iter().collect(),
            ..NodeProto::default()
        }
    }

    fn value(name: &str, sides: &[i64]) -> ValueInfoProto {
        use rten_onnx::onnx::{TensorShapeProto, TypeProto, TypeProtoTensor};
        let dim = sides
            .iter()
            .map(|side| Dimension {
                dim_value: Some(*side),
                dim_param: None,
            })
            .collect();
        let tensor_type = Some(TypeProtoTensor {
            elem_type: Some(DataType::FLOAT),
            shape: Some(TensorShapeProto { dim }),
        });
        let kind = TypeProto {
            tensor_type,
            ..TypeProto::default()
        };
        ValueInfoProto {
            name: Some(name.to_owned()),
            r#type: Some(kind),
        }
    }

    /// A weight of two rows of three in blocks of two, and a bias with one scale.
    fn model(zero_points: Vec<u8>) -> Vec<u8> {
        let graph = GraphProto {
            node: vec![
                node(DEQUANTIZE, &["w", "ws", "wz"], "weight", Some(2)),
                node(DEQUANTIZE, &["b", "bs", "bz"], "bias", Some(64)),
                node("Gemm", &["data", "weight", "bias"], "sum", None),
                node(DROPOUT, &["sum"], "out", None),
            ],
            initializer: vec![
                tensor("w", &[2, 3], DataType::INT8, vec![1, 255, 3, 4, 5, 128]),
                tensor("ws", &[2, 2], DataType::FLOAT, floats_of(&[1.0, 10.0, 0.5, 2.0])),
                tensor("wz", &[2, 2], DataType::INT8, zero_points),
                tensor("b", &[2], DataType::INT8, vec![7, 9]),
                tensor("bs", &[1], DataType::FLOAT, floats_of(&[0.25])),
                tensor("bz", &[1], DataType::INT8, vec![1]),
            ],
            input: vec![value("data", &[1, 3, 640, 640]), value("unused", &[1])],
            output: vec![value("out", &[1, 2])],
            value_info: Vec::new(),
        };
        ModelProto {
            graph: Some(graph),
            ..ModelProto::default()
        }
        .write_buf()
        .unwrap()
    }

    #[test]
    fn weights_are_unpacked_block_by_block_and_the_graph_is_plain() {
        let folded = fold(&model(vec![1, 2, 0, 255])).unwrap();
        let graph = ModelProto::parse_buf(&folded).unwrap().graph.unwrap();
        let kinds: Vec<_> = graph
            .node
            .iter()
            .filter_map(|node| node.op_type.as_deref())
            .collect();
        assert_eq!(kinds, ["Gemm", "Identity"]);
        let numbers = |name: &str| {
            let found = graph
                .initializer
                .iter()
                .find(|tensor| tensor.name.as_deref() == Some(name))
                .unwrap();
            floats(found).unwrap()
        };
        // (q − zero) · scale with q = 1 −1 | 3, 4 5 | −128 and zero = 1, 2, 0, −1.
        assert_eq!(numbers("weight"), [0.0, -2.0, 10.0, 2.0, 2.5, -254.0]);
        assert_eq!(numbers("bias"), [1.5, 2.0]);
        assert_eq!(graph.initializer.len(), 2, "packed weights are gone");
        assert_eq!(graph.input.len(), 1, "unused inputs are gone");
        let shape = graph.input[0]
            .r#type
            .as_ref()
            .unwrap()
            .tensor_type
            .as_ref()
            .unwrap()
            .shape
            .as_ref()
            .unwrap();
        let fixed: Vec<_> = shape.dim.iter().map(|side| side.dim_value).collect();
        assert_eq!(fixed, [Some(1), Some(3), None, None]);
    }

    #[test]
    fn blocks_that_do_not_fit_are_refused() {
        assert!(
            matches!(fold(&model(vec![1, 2, 3])), Err(FoldError::Weight { weight, .. }) if weight == "weight")
        );
        assert!(matches!(
            fold(b"no model"),
            Err(FoldError::Format(_) | FoldError::NoGraph)
        ));
    }
}
