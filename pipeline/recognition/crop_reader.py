"""From word crops to texts, for the spotter, the analysis and the benchmarks."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.recognition.crop_channels import crop_channels, to_gray
from pipeline.recognition.crop_groups import group_by_size
from pipeline.recognition.ctc_reader import Reading
from pipeline.structures import SceneContext
from pipeline.utils.transfer import to_device


@torch.inference_mode()
def read_crops(
    recognizer: nn.Module,
    crops: Sequence[np.ndarray],
    tokens: Tensor | None = None,
    image_index: Sequence[int] | None = None,
    batch_size: int = 64,
) -> list[Any]:
    """Read crops in batches of one size.

    All crops of a batch have the same size, so there is no padding, and the result for a crop
    does not depend on the other crops.

    Args:
        recognizer: MMOCR recognizer or ``ContextRecognizer`` in evaluation mode.
        crops: N crops (height, width, 3) uint8 BGR.
        tokens: Scene tokens (I, S, C) of the images, or None to read without context.
        image_index: N rows of ``tokens``, one per crop. Required with ``tokens``.
        batch_size: Maximum number of crops per forward pass, which bounds the memory.

    Returns:
        N ``pred_text`` of MMOCR's data samples, in the order of ``crops``.

    Raises:
        ValueError: If ``tokens`` is given without ``image_index``.
    """
    if tokens is not None and image_index is None:
        raise ValueError('tokens require image_index, the image of each crop.')
    readings: list[Any] = [None] * len(crops)
    for rows, data in crop_batches(recognizer, crops, batch_size):
        context = {}
        if tokens is not None and image_index is not None:
            context['context'] = gather_context(tokens, image_index, rows, data['inputs'])
        read = recognizer(data['inputs'], data['data_samples'], mode='predict', **context)
        for row, sample in zip(rows, read):
            readings[row] = sample.pred_text
    return readings


@torch.inference_mode()
def read_crops_under(
    recognizer: Any,
    crops: Sequence[np.ndarray],
    conditions: Mapping[str, Tensor | None],
    image_index: Sequence[int],
    batch_size: int = 64,
    report: Callable[[int], Any] = lambda count: None,
) -> dict[str, list[Any]]:
    """Read crops under several conditions. Features before the fusion are computed once.

    Args:
        recognizer: ``ContextRecognizer`` in evaluation mode.
        crops: N crops (height, width, 3) uint8 BGR.
        conditions: Name -> scene tokens (I, S, C), or None to read without context.
        image_index: N rows of the tokens, one per crop.
        batch_size: Maximum number of crops per forward pass.
        report: Called after each batch with its number of crops.

    Returns:
        Name -> N ``pred_text`` of MMOCR's data samples, in the order of ``crops``.
    """
    readings: dict[str, list[Any]] = {name: [None] * len(crops) for name in conditions}
    for rows, data in crop_batches(recognizer, crops, batch_size):
        inputs, samples = data['inputs'], data['data_samples']
        extracted = recognizer.extract(inputs, samples)
        for name, tokens in conditions.items():
            context = None
            if tokens is not None:
                context = gather_context(tokens, image_index, rows, inputs)
            read = recognizer.decode(extracted, samples, 'predict', context)
            for row, sample in zip(rows, read):
                readings[name][row] = sample.pred_text
        report(len(rows))
    return readings


def crop_batches(
    recognizer: nn.Module, crops: Sequence[np.ndarray], batch_size: int
) -> Iterator[tuple[list[int], dict[str, Any]]]:
    """Batches of crops of one size: their rows, and the recognizer's preprocessed data."""
    # SceneDataPreprocessor, which has a plain_preprocessor, converts crops to gray itself.
    preprocessor: Any = recognizer.data_preprocessor
    gray = not hasattr(preprocessor, 'plain_preprocessor') and crop_channels(recognizer) == 1
    device = next(recognizer.parameters(), torch.empty(0)).device
    for rows in group_by_size(crops, batch_size):
        batch = np.stack([crops[row] for row in rows])
        inputs = to_device(batch, device).permute(0, 3, 1, 2)
        if gray:
            inputs = to_gray(inputs)
        samples = [make_crop_sample(tuple(inputs.shape[2:])) for _ in rows]
        yield rows, preprocessor({'inputs': list(inputs), 'data_samples': samples}, False)


def to_reading(pred_text: Any) -> Reading:
    """MMOCR's ``pred_text`` as a ``Reading``; the score is the product over characters."""
    chars = np.asarray(pred_text.score, dtype=float).reshape(-1).tolist()
    if 'word_score' in pred_text:
        score = float(pred_text.word_score)
    else:
        score = float(np.prod(chars)) if pred_text.item else 0.0
    places = {name: pred_text.get(name, []) for name in ('gaps', 'char_places')}
    return Reading(pred_text.item, chars, score, **places)


def gather_context(
    tokens: Tensor, image_index: Sequence[int], rows: Sequence[int], inputs: Tensor
) -> SceneContext:
    """The scene context of one batch. Only the images of the batch are copied to the device.

    Args:
        tokens: Scene tokens (I, S, C) of the images.
        image_index: Row of ``tokens`` of each crop.
        rows: Crops of the batch.
        inputs: Tensor on the device of the batch.
    """
    index = np.asarray([image_index[row] for row in rows], dtype=np.int64)
    images, inverse = np.unique(index, return_inverse=True)
    some = tokens[torch.from_numpy(images).to(tokens.device)].to(inputs.device)
    return SceneContext(some, torch.from_numpy(inverse).to(inputs.device))


def make_crop_sample(shape: tuple[int, ...]) -> TextRecogDataSample:
    """A data sample with the metainfo that MMOCR's recognizers require, for an unpadded crop."""
    sample = TextRecogDataSample()
    sample.set_metainfo({'img_shape': shape, 'ori_shape': shape, 'valid_ratio': 1.0})
    return sample
