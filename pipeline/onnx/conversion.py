"""Conversion of one torch module to an ONNX file, and the check of its values."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from pipeline.onnx.graphs import as_list
from pipeline.onnx.network import OnnxNetwork
from pipeline.onnx.weights import fold_norms, store_in_half
from pipeline.utils.atomic_write import write_whole

OPSET = 17
_TOLERANCE = 1e-3

Inputs = dict[str, Tensor]


def convert(
    module: nn.Module,
    examples: Sequence[Inputs],
    axes: dict[str, dict[int, str]],
    path: str | os.PathLike[str],
) -> None:
    """Write a module as an ONNX file.

    The file computes in single precision; :mod:`pipeline.onnx.weights` describes the weights. Its
    values are compared with those of the module for each example. A graph that contains a constant
    of the first example, such as its number of crops, is refused in this way.

    Args:
        module: Module whose inputs and outputs are tensors.
        examples: Inputs by name. The first one is traced. The others have other sizes.
        axes: Names of the dynamic axes of each input.
        path: Path of the file.

    Raises:
        ValueError: If ONNX lacks an operation of the module, or its file computes other values.
    """
    module = module.eval().float()
    name = Path(path).name
    with torch.no_grad(), tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of tracing and of the exporter's future
        traced = str(Path(scratch, name))
        try:
            wanted = [as_list(module(*example.values())) for example in examples]
            _export(module, examples[0], wanted[0], axes, traced)
            model = onnx.load(traced)
            fold_norms(model)
            store_in_half(model)
            onnx.save(model, traced)
            network = OnnxNetwork(traced)
            for example, outputs in zip(examples, wanted):
                _compare(network.run([v.numpy() for v in example.values()]), outputs, example)
        except Exception as error:  # the exporter raises errors of many kinds
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ValueError(f'{name} cannot be exported: {reason}') from error
    write_whole(Path(path), model.SerializeToString())


def _export(
    module: nn.Module,
    example: Inputs,
    outputs: Sequence[Tensor],
    axes: dict[str, dict[int, str]],
    path: str,
) -> None:
    by_output = {
        f'output{i}': {axis: f'output{i}_{axis}' for axis in range(output.ndim)}
        for i, output in enumerate(outputs)
    }
    fast_path, unflatten = torch.backends.mha.get_fastpath_enabled(), Tensor.unflatten
    torch.backends.mha.set_fastpath_enabled(False)  # ONNX has no such operation
    Tensor.unflatten = _unflatten  # type: ignore[method-assign, assignment]
    try:
        torch.onnx.export(
            module,
            tuple(example.values()),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(example),
            output_names=list(by_output),
            dynamic_axes={**axes, **by_output},
            # Keeps the batch norms: the exporter would round their product with the weights.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
        )
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        Tensor.unflatten = unflatten  # type: ignore[method-assign]


def _unflatten(values: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """``Tensor.unflatten`` for tracing: the exporter's own makes the other sizes constants."""
    dim %= values.ndim
    return values.reshape(*values.shape[:dim], *sizes, *values.shape[dim + 1 :])


def _compare(found: Sequence[np.ndarray], wanted: Sequence[Tensor], example: Inputs) -> None:
    sizes = ', '.join(f'{name} {tuple(value.shape)}' for name, value in example.items())
    for array, tensor in zip(found, wanted):
        if array.shape != tuple(tensor.shape):
            raise ValueError(f'for {sizes} it returns {array.shape}, not {tuple(tensor.shape)}')
        values: Any = tensor.numpy()
        scale = max(1.0, float(np.abs(values[np.isfinite(values)]).max(initial=0)))
        if not np.allclose(array, values, atol=_TOLERANCE * scale, rtol=_TOLERANCE):
            raise ValueError(f'for {sizes} it returns other values than torch')
