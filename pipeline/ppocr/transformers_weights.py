"""Reading of PP-OCRv6 weights in the format of ``transformers``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

_EPS = 1e-5
_RENAMED = (
    (r'^model\.backbone\.encoder\.convolution\.', 'backbone.convolution.'),
    (r'^model\.neck\.', 'neck.'),
    (r'\.conv_final\.convolution\.', '.conv_final.'),
    (r'\.depthwise_convolution\.', '.depthwise.'),
    (r'\.pointwise_convolution\.', '.pointwise.'),
    (r'\.squeeze_excitation_(?:module|block)\.conv1\.', '.se.reduce.'),
    (r'\.squeeze_excitation_(?:module|block)\.conv2\.', '.se.expand.'),
    (r'\.token_squeeze_excitation\.convolutions\.0\.', '.token_se.reduce.'),
    (r'\.token_squeeze_excitation\.convolutions\.2\.', '.token_se.expand.'),
    (r'^head\.encoder\.conv_block\.0\.', 'encoder.skip_conv.'),
    (r'^head\.encoder\.conv_block\.1\.', 'encoder.reduce_conv.'),
    (r'^head\.encoder\.conv_block\.2\.', 'encoder.local_conv.'),
    (r'\.self_attn\.(qkv|projection)\.', r'.\1.'),
    (r'\.mlp\.(fc1|fc2)\.', r'.\1.'),
    (r'^head\.encoder\.', 'encoder.'),
    (r'^head\.head\.', 'decoder.head.'),
)
_BLOCK = re.compile(r'^model\.backbone\.encoder\.blocks\.(\d+)\.blocks\.(\d+)\.')


def read_transformers_weights(
    path: str | os.PathLike[str], depths: Sequence[int]
) -> dict[str, np.ndarray]:
    """Read weights, convert their names to those of this package and fold batch norms.

    Args:
        path: Path of ``model.safetensors`` of a ``PPOCRV6SmallRecForTextRecognition`` (PP-OCRv6
            small and medium), a ``PPOCRV6SmallDetForObjectDetection`` or a
            ``PPOCRV6MediumDetForObjectDetection``.
        depths: Number of blocks of each stage of the ``PPLCNetV4``. The published stages may be
            grouped differently; the order of the blocks is the same.

    Returns:
        Arrays by name. A recognizer's classifier is ``decoder.head``, with the published order of
        classes. A detector's head keeps its published names.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the file is not in safetensors format, or has another number of blocks.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'no weights {path}')
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise ValueError(f'{path} is not a safetensors file: {error}') from error
    folded = _fold_batch_norms({name: value.astype(np.float32) for name, value in state.items()})
    blocks = sorted({_block_of(name) for name in folded if _BLOCK.match(name)})
    own = [(stage, block) for stage, depth in enumerate(depths) for block in range(depth)]
    if len(blocks) != len(own):
        raise ValueError(
            f'{path} contains {len(blocks)} blocks, the config {len(own)}: it is another network.'
        )
    own_block = dict(zip(blocks, own))
    return {_rename(name, own_block): value for name, value in folded.items()}


def _fold_batch_norms(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Fold ``X.convolution`` and ``X.normalization`` into one convolution ``X`` with a bias."""

    def has_norm(name: str) -> bool:
        return name.replace('.convolution.weight', '.normalization.weight') in state

    folded = {}
    for name, value in state.items():
        if '.normalization.' in name:
            continue
        if not name.endswith('.convolution.weight') or not has_norm(name):
            folded[name] = value
            continue
        layer = name[: -len('.convolution.weight')]
        norm = {
            key: state[f'{layer}.normalization.{key}'].astype(np.float64)
            for key in ('weight', 'bias', 'running_mean', 'running_var')
        }
        gain = norm['weight'] / np.sqrt(norm['running_var'] + _EPS)
        folded[f'{layer}.weight'] = (value * gain[:, None, None, None]).astype(np.float32)
        folded[f'{layer}.bias'] = (norm['bias'] - norm['running_mean'] * gain).astype(np.float32)
    return folded


def _block_of(name: str) -> tuple[int, int]:
    match = _BLOCK.match(name)
    assert match is not None  # Only called for names of blocks.
    return int(match[1]), int(match[2])


def _rename(name: str, own_block: Mapping[tuple[int, int], tuple[int, int]]) -> str:
    if _BLOCK.match(name):
        stage, block = own_block[_block_of(name)]
        name = _BLOCK.sub(f'backbone.blocks.{stage}.{block}.', name)
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    return name
