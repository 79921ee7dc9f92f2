"""Padding of exported networks becomes part of the operations that read the padded values.

ONNX Runtime stores the values of convolutions in blocks of channels. A ``Pad`` node between two of
them requires the usual order, so large tensors are copied before and after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def fold_pads(model: onnx.ModelProto) -> None:
    """Remove ``Pad`` nodes whose readers can pad by themselves, in place.

    The values of the network do not change. A ``Conv`` can pad with zeros. A ``MaxPool`` ignores
    its padding, which is the same as zeros if its input is the result of a ``Relu``.

    Args:
        model: ONNX model.
    """
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    folded = []
    for pad in [node for node in graph.node if node.op_type == 'Pad']:
        pads = _spatial_pads(model, pad)
        readers = [node for node in graph.node if pad.output[0] in node.input]
        source = made_by.get(pad.input[0])
        is_positive = source is not None and source.op_type == 'Relu'
        if pads is None or not readers:
            continue
        if not all(_can_pad(reader, pad.output[0], pads, is_positive) for reader in readers):
            continue
        for reader in readers:
            own = _attribute(reader, 'pads') or [0] * len(pads)
            _set(reader, 'pads', [a + b for a, b in zip(own, pads)])
            reader.input[0] = pad.input[0]
        folded.append(pad)
    kept = [node for node in graph.node if node not in folded]
    del graph.node[:]
    graph.node.extend(_used(kept, {output.name for output in graph.output}))


def _spatial_pads(model: onnx.ModelProto, pad: onnx.NodeProto) -> list[int] | None:
    """Zeros before and after each spatial axis, or None if the node pads in another way."""
    mode = _attribute(pad, 'mode')
    value = _constant(model, pad.input[2]) if len(pad.input) > 2 and pad.input[2] else 0
    if mode not in (None, b'constant') or len(pad.input) > 3 or value is None or np.any(value):
        return None
    pads = _constant(model, pad.input[1])
    if pads is None or len(pads) % 2 or len(pads) < 6 or pads.min() < 0:
        return None
    before, after = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if before[:2].any() or after[:2].any():
        return None
    return [*map(int, before[2:]), *map(int, after[2:])]


def _can_pad(reader: onnx.NodeProto, name: str, pads: list[int], is_positive: bool) -> bool:
    """Whether a node can pad its input ``name``. Each window must contain a part of the input."""
    if reader.input[0] != name or _attribute(reader, 'auto_pad') not in (None, b'NOTSET'):
        return False
    kernel = _attribute(reader, 'kernel_shape') or []
    if len(kernel) * 2 != len(pads) or any(a >= b for a, b in zip(pads, kernel * 2)):
        return False
    return reader.op_type == 'Conv' or (reader.op_type == 'MaxPool' and is_positive)


def _constant(model: onnx.ModelProto, name: str) -> np.ndarray | None:
    """A value of the graph that does not depend on its inputs, or None."""
    graph = model.graph
    weights = {weight.name: weight for weight in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    wanted = [name]
    nodes: list[onnx.NodeProto] = []
    used: list[onnx.TensorProto] = []
    while wanted:
        current = wanted.pop()
        if current in weights:
            used.append(weights[current])
        elif current in made_by:
            if made_by[current] not in nodes:
                nodes.append(made_by[current])
                wanted.extend(filter(None, made_by[current].input))
        else:
            return None
    ordered = [node for node in graph.node if node in nodes]
    output = helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None)
    part = helper.make_graph(ordered, 'constant', [], [output], used)
    whole = helper.make_model(part, opset_imports=model.opset_import)
    values: Any = ReferenceEvaluator(whole).run(None, {})
    return np.asarray(values[0])


def _used(nodes: list[onnx.NodeProto], outputs: set[str]) -> list[onnx.NodeProto]:
    """The nodes that outputs depend on, in their order."""
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed & set(node.output):
            needed |= set(node.input)
            kept.append(node)
    return kept[::-1]


def _attribute(node: onnx.NodeProto, name: str) -> Any:
    found = [attribute for attribute in node.attribute if attribute.name == name]
    return helper.get_attribute_value(found[0]) if found else None


def _set(node: onnx.NodeProto, name: str, value: list[int]) -> None:
    for attribute in [each for each in node.attribute if each.name == name]:
        node.attribute.remove(attribute)
    node.attribute.append(helper.make_attribute(name, value))
