"""How the weights of exported networks are stored: exactly, in half precision where possible."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_LEAST_ELEMENTS = 64


def fold_norms(model: onnx.ModelProto) -> None:
    """Fold batch norms into the convolutions before them, in place.

    The file keeps the weights of the convolution. A ``Mul`` node multiplies them by the gain of
    each channel when the model is loaded, so that the product is not rounded to half precision.

    Args:
        model: ONNX model whose batch norms are in evaluation mode.
    """
    graph = model.graph
    values = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    # The exporter stores equal weights once.
    for node in graph.node:
        if node.op_type == 'Identity' and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    uses = Counter(name for node in graph.node for name in node.input)
    made_by = {name: node for node in graph.node for name in node.output}
    scalings, folded = [], []
    for norm in [node for node in graph.node if node.op_type == 'BatchNormalization']:
        conv = made_by.get(norm.input[0])
        if conv is None or conv.op_type not in ('Conv', 'ConvTranspose'):
            continue
        shared = uses[conv.output[0]] > 1 or uses[conv.input[1]] > 1
        grouped = conv.op_type == 'ConvTranspose' and _attribute(conv, 'group', 1) > 1
        if shared or grouped or conv.input[1] not in values:
            continue
        scale, shift, mean, variance = (values[name] for name in norm.input[1:5])
        epsilon = _attribute(norm, 'epsilon', 1e-5)
        gain = scale.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
        bias = values[conv.input[2]] if len(conv.input) > 2 else np.zeros_like(mean)
        name = conv.input[1]
        # Conv has (out, in, ...) weights, ConvTranspose (in, out, ...).
        axes = (-1, 1, 1, 1) if conv.op_type == 'Conv' else (1, -1, 1, 1)
        _add(graph, f'{name}_gain', gain.reshape(axes[: values[name].ndim]))
        _add(graph, f'{name}_bias', (bias - mean) * gain + shift)
        scalings.append(helper.make_node('Mul', [name, f'{name}_gain'], [f'{name}_folded']))
        inputs = [conv.input[0], f'{name}_folded', f'{name}_bias']
        del conv.input[:]
        conv.input.extend(inputs)
        conv.output[0] = norm.output[0]
        folded.append(norm)
    nodes = [*scalings, *(node for node in graph.node if node not in folded)]
    del graph.node[:]
    graph.node.extend(nodes)
    _drop_unused(graph)


def store_in_half(model: onnx.ModelProto) -> None:
    """Store the weights of a model in half precision where this is exact, in place.

    A ``Cast`` node restores float32 when the model is loaded, so the graph computes in single
    precision, with the same weights. Weights of checkpoints in half precision are exact.
    """
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _LEAST_ELEMENTS:
            continue
        with np.errstate(over='ignore'):
            half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(half, f'{name}_half'))
        casts.append(helper.make_node('Cast', [f'{name}_half'], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _attribute(node: onnx.NodeProto, name: str, default: Any) -> Any:
    found = [helper.get_attribute_value(a) for a in node.attribute if a.name == name]
    return found[0] if found else default


def _add(graph: onnx.GraphProto, name: str, values: np.ndarray) -> None:
    graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))


def _drop_unused(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    kept = [weight for weight in graph.initializer if weight.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
