"""Conversion of published PP-OCRv6 detector weights to DBNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from pipeline.ppocr.recognizer import fill_in_order


def fill_detector_from_onnx(detector: nn.Module, weights: Sequence[np.ndarray]) -> None:
    """Fill a detector of ``configs/_base_/ppocrv6-small-det.py`` with the weights of an ONNX file.

    The published file has no threshold branch, so the detector's branch keeps its initialization.

    Args:
        detector: ``DBNet`` with ``PPLCNetV4``, ``RepLKFPN`` and MMOCR's ``DBHead``.
        weights: Arrays from :func:`read_onnx_weights`.

    Raises:
        ValueError: If the file contains another network.
    """
    model: Any = detector
    neck = model.neck
    if not hasattr(neck, 'insert_conv'):
        raise ValueError(
            f'ONNX files are supported for the neck RepLKFPN only, got {type(neck).__name__}. Use '
            'the safetensors file.'
        )
    parts = [model.backbone, *reversed(neck.insert_conv), *reversed(neck.input_conv)]
    rest = fill_in_order(parts, weights)
    if len(rest) != 6:
        raise ValueError(f'expected 6 arrays of three head convolutions, got {len(rest)} arrays.')
    conv, norm, _, up, up_norm, _, last = model.det_head.binarize
    arrays = [torch.from_numpy(array.copy()) for array in rest]
    with torch.no_grad():
        for layer, array in ((conv, arrays[0]), (up, arrays[2]), (last, arrays[4])):
            if layer.weight.shape != array.shape:
                raise ValueError(
                    f'the head requires {tuple(layer.weight.shape)}, got {tuple(array.shape)}: the '
                    'file contains another network than the config.'
                )
            layer.weight.copy_(array)
        up.bias.copy_(arrays[3])
        last.bias.copy_(arrays[5])
        for layer in (norm, up_norm):
            layer.reset_parameters()
            layer.running_var.fill_(1 - layer.eps)  # Folded in the file: the norm is an identity.
        norm.bias.copy_(arrays[1])


_HEAD = {
    'conv_down.convolution': '0',
    'conv_down.norm': '1',
    'conv_up.convolution': '3',
    'conv_up.norm': '4',
    'conv_final': '6',
}


def fill_detector_from_transformers(detector: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Fill a detector with weights of ``transformers``.

    Args:
        detector: Detector of ``configs/_base_/ppocrv6-small-det.py`` or ``ppocrv6-medium-det.py``.
        weights: Arrays from :func:`read_transformers_weights`.

    Raises:
        ValueError: If names or shapes differ.
    """
    state = {}
    for name, value in weights.items():
        for published, index in _HEAD.items():
            if name.startswith(f'head.{published}.'):
                name = name.replace(f'head.{published}.', f'det_head.binarize.{index}.')
        state[name] = torch.from_numpy(value)
    expected = {
        name for name in detector.state_dict() if '.threshold.' not in name and '.norm.' not in name
    }
    # Batch norms in the neck are folded when they are loaded.
    found = {name for name in state if '.norm.' not in name}
    if found != expected:
        differing = sorted(found ^ expected)[:4]
        raise ValueError(
            f'the file contains another network than the config: {", ".join(differing)}'
        )
    try:
        detector.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ValueError(f'the file contains another network than the config: {error}') from error
