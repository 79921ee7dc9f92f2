"""Padding becomes part of convolutions and pools, without a change of values."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from pipeline.onnx.padding import fold_pads
from pipeline.onnx.spotter import DEFAULT_FOLDER

INPUT = np.random.default_rng(0).normal(size=(1, 2, 5, 6)).astype(np.float32)


def make_model(kind: str, pads=(0, 0, 0, 0, 0, 0, 1, 1), relu=True, value=0.0, pad_input=False):
    """Relu, Pad and a Conv or MaxPool with a kernel of 2x2."""
    weights = {
        'pads': np.array(pads, dtype=np.int64),
        'value': np.array(value, dtype=np.float32),
        'weight': np.random.default_rng(1).normal(size=(3, 2, 2, 2)).astype(np.float32),
    }
    nodes = [
        helper.make_node('Relu' if relu else 'Identity', ['x'], ['a']),
        helper.make_node('Identity', ['pads'], ['p']),  # as computed from constants
        helper.make_node('Pad', ['a', 'given' if pad_input else 'p', 'value'], ['b']),
    ]
    if kind == 'Conv':
        nodes.append(
            helper.make_node('Conv', ['b', 'weight'], ['y'], kernel_shape=[2, 2], pads=[1, 0, 0, 0])
        )
    else:
        nodes.append(helper.make_node('MaxPool', ['b'], ['y'], kernel_shape=[2, 2]))
    inputs = [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1, 2, 5, 6])]
    if pad_input:
        inputs.append(helper.make_tensor_value_info('given', TensorProto.INT64, [8]))
    graph = helper.make_graph(
        nodes, 'test', inputs, [helper.make_tensor_value_info('y', TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)


def run(model: onnx.ModelProto) -> np.ndarray:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    given = {'x': INPUT, 'given': np.array([0, 0, 0, 0, 0, 0, 1, 1], dtype=np.int64)}
    return session.run(None, {name.name: given[name.name] for name in session.get_inputs()})[0]


def types(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize('kind', ['Conv', 'MaxPool'])
def test_pads_are_folded_with_equal_values(kind):
    model = make_model(kind)
    before = run(model)
    fold_pads(model)
    assert types(model) == ['Relu', kind]
    np.testing.assert_array_equal(run(model), before)


@pytest.mark.parametrize(
    'model',
    [
        make_model('MaxPool', relu=False),  # zeros could exceed the values
        make_model('Conv', value=1.0),
        make_model('Conv', pads=(1, 0, 0, 0, 0, 0, 1, 1)),  # a further image
        make_model('Conv', pads=(0, 0, 0, 0, 0, 0, 1, 2)),  # a window without input
        make_model('Conv', pads=(0, 0, 0, 0, 0, 0, 1, -1)),
        make_model('Conv', pad_input=True),  # not a constant
    ],
)
def test_other_pads_stay(model):
    before = run(model)
    fold_pads(model)
    assert 'Pad' in types(model)
    np.testing.assert_array_equal(run(model), before)


@pytest.mark.parametrize('name', ['detector.onnx', 'recognizer.onnx'])
def test_the_stems_of_the_default_contain_no_pads(name):
    nodes = onnx.load(DEFAULT_FOLDER / name).graph.node
    assert not [node.name for node in nodes if node.op_type == 'Pad' and 'backbone' in node.name]
