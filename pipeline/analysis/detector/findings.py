"""Boxes of a detector, and the words that the spotter keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch

from pipeline.detection.detections import Detections
from pipeline.evaluation.words import Words
from pipeline.torch_spotter import TorchTextSpotter

Stage = Literal['detector', 'spotter']
STAGES: tuple[Stage, ...] = ('detector', 'spotter')
STAGE_NAMES: dict[Stage, str] = {'detector': 'detector only', 'spotter': 'spotter'}


def find_words(spotter: TorchTextSpotter, image: np.ndarray) -> dict[Stage, Words]:
    """Find the words of an image with one run of the spotter, and return the result of each stage.

    Args:
        spotter: Spotter with its current thresholds.
        image: (H, W, 3) uint8 BGR.

    Returns:
        ``detector``: all boxes with detection scores and empty texts. ``spotter``: the words that
        have a text and reach ``min_score``, with word scores and texts.
    """
    seen: list[Any] = []
    handle = spotter.detector.register_forward_hook(lambda module, given, found: seen.extend(found))
    try:
        words = spotter.read_batch([image])[0]
    finally:
        handle.remove()
    return {
        'detector': _without_texts(seen[0]),
        'spotter': Words(
            [word.polygon for word in words],
            [word.text for word in words],
            [word.score for word in words],
        ),
    }


@torch.inference_mode()
def find_boxes(spotter: TorchTextSpotter, image: np.ndarray) -> Words:
    """Boxes of the detector as in :func:`find_words`, without running the recognizer."""
    return _without_texts(spotter.detector([image])[0])


def box_threshold(spotter: TorchTextSpotter) -> float | None:
    """The score below which the detector drops boxes, or None if it has no threshold."""
    postprocessor = _postprocessor(spotter)
    found = getattr(postprocessor, 'min_text_score', None)
    return None if found is None else max(float(found), spotter.detector.pyramid.min_score)


@contextmanager
def boxes_from(spotter: TorchTextSpotter, score: float) -> Iterator[None]:
    """Lower the score threshold of the detector inside the context.

    Args:
        spotter: Spotter whose detector has a postprocessor with ``min_text_score``, as DBNet has.
        score: Threshold in [0, 1].

    Raises:
        ValueError: If the detector has no such threshold.
    """
    if box_threshold(spotter) is None:
        raise ValueError(
            f'{type(spotter.detector).__name__} has no min_text_score, so its threshold cannot be '
            f'lowered to {score:g} for the curve.'
        )
    detector, postprocessor = spotter.detector, _postprocessor(spotter)
    before = postprocessor.min_text_score, detector.pyramid.min_score
    try:
        postprocessor.min_text_score = detector.pyramid.min_score = score
        yield
    finally:
        postprocessor.min_text_score, detector.pyramid.min_score = before


def _postprocessor(spotter: TorchTextSpotter) -> Any:
    inner = getattr(spotter.detector, 'detector', None)
    return getattr(getattr(inner, 'det_head', None), 'postprocessor', None)


def _without_texts(boxes: Detections) -> Words:
    return Words(boxes.polygons, [''] * len(boxes.polygons), boxes.scores.tolist())
