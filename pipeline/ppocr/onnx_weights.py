"""Reading of PP-OCR weights in the order of the ONNX graph."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

_EPS = 1e-5


def read_onnx_weights(path: str | os.PathLike[str]) -> tuple[list[np.ndarray], dict[str, str]]:
    """Read the learned arrays of a network, layer by layer.

    Biases in a following ``Add`` are included. Batch norm is folded into the convolution before
    it. Matrices of ``MatMul`` are transposed to ``nn.Linear``'s (out, in). Transposed convolutions
    keep the order (in, out, height, width).

    Args:
        path: Path of an ONNX file, such as those in ``rapidocr``.

    Returns:
        Weight, bias, weight, bias ... in graph order (convolutions without bias have a weight
        only), and the file's metadata.

    Raises:
        ImportError: If ``onnx`` is not installed.
        FileNotFoundError: If the file does not exist.
        ValueError: If the file is not an ONNX file.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise ImportError(
            "reading ONNX files requires the package onnx: pip install -e '.[convert]'"
        ) from error
    if not Path(path).is_file():
        raise FileNotFoundError(f'no ONNX file {path}')
    try:
        model = onnx.load(str(path))
    except Exception as error:  # protobuf's errors have no common base class.
        raise ValueError(f'{path} is not an ONNX file: {error}') from error
    arrays = {array.name: numpy_helper.to_array(array) for array in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == 'Constant':
            arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    weights: list[np.ndarray] = []
    for node in model.graph.node:
        learned = [arrays[name] for name in node.input if name in arrays]
        _take(weights, node.op_type, learned)
    return weights, {entry.key: entry.value for entry in model.metadata_props}


def _take(weights: list[np.ndarray], op: str, learned: list[Any]) -> None:
    if op in ('Conv', 'ConvTranspose'):
        weights.extend(learned)
    elif op == 'MatMul' and learned:
        weights.append(learned[0].T)
    elif op == 'BatchNormalization':
        scale, shift, mean, variance = (value.astype(np.float64) for value in learned)
        gain = scale / np.sqrt(variance + _EPS)
        weights[-1] = (weights[-1] * gain[:, None, None, None]).astype(np.float32)
        weights.append((shift - mean * gain).astype(np.float32))
    elif op in ('Add', 'Mul') and learned and (learned[0].size > 1 or learned[0].ndim == 4):
        # Biases of convolutions are (1, C, 1, 1); layer norms have a Mul and an Add of (C,).
        weights.append(learned[0].reshape(-1))
