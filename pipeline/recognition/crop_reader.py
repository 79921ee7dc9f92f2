"""The one path from word crops to texts, used by the spotter, the analysis and the benchmarks."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.recognition.crop_channels import crop_channels, to_gray
from pipeline.recognition.crop_groups import group_by_size
from pipeline.structures import SceneContext


@torch.inference_mode()
def read_crops(
    recognizer: nn.Module,
    crops: Sequence[np.ndarray],
    tokens: Tensor | None = None,
    image_index: Sequence[int] | None = None,
    batch_size: int = 64,
) -> list[Any]:
    """Read crops, those of one width together.

    A batch holds crops of one size only, without padding. The reading of a crop therefore does
    not depend on the crops around it.

    Args:
        recognizer: Recognizer in evaluation mode: MMOCR's or a ``ContextRecognizer``.
        crops: N crops (height, width, 3) uint8 BGR.
        tokens: Scene tokens (I, S, C) of the images, or None to read without context.
        image_index: N rows of ``tokens``, one per crop; required with ``tokens``.
        batch_size: Largest number of crops per forward pass, which bounds the memory.

    Returns:
        N ``pred_text`` of MMOCR's samples, in the order of ``crops``.

    Raises:
        ValueError: If ``tokens`` comes without ``image_index``.
    """
    if tokens is not None and image_index is None:
        raise ValueError('tokens require image_index, the image of each crop.')
    # A preprocessor that knows scenes makes crops gray by itself.
    preprocessor: Any = recognizer.data_preprocessor
    gray = not hasattr(preprocessor, 'plain_preprocessor') and crop_channels(recognizer) == 1
    readings: list[Any] = [None] * len(crops)
    for rows in group_by_size(crops, batch_size):
        inputs = torch.from_numpy(np.stack([crops[row] for row in rows])).permute(0, 3, 1, 2)
        if gray:
            inputs = to_gray(inputs)
        samples = [_crop_sample(tuple(inputs.shape[2:])) for _ in rows]
        data = preprocessor({'inputs': list(inputs), 'data_samples': samples}, False)
        context = {}
        if tokens is not None and image_index is not None:
            context['context'] = _gather(tokens, [image_index[row] for row in rows], data['inputs'])
        read = recognizer(data['inputs'], data['data_samples'], mode='predict', **context)
        for row, sample in zip(rows, read):
            readings[row] = sample.pred_text
    return readings


def _gather(tokens: Tensor, image_index: list[int], inputs: Tensor) -> SceneContext:
    """The scenes of one batch: only its own images go to the recognizer's device."""
    images, index = np.unique(np.asarray(image_index, dtype=np.int64), return_inverse=True)
    some = tokens[torch.from_numpy(images).to(tokens.device)].to(inputs.device)
    return SceneContext(some, torch.from_numpy(index).to(inputs.device))


def _crop_sample(shape: tuple[int, ...]) -> TextRecogDataSample:
    """A sample with the metainfo that MMOCR's recognizers read of a crop of their size."""
    sample = TextRecogDataSample()
    sample.set_metainfo({'img_shape': shape, 'ori_shape': shape, 'valid_ratio': 1.0})
    return sample
