"""What a spotter finds in a photo: its detector's boxes, and the words that are left of them."""

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
STAGE_NAMES: dict[Stage, str] = {'detector': 'detector alone', 'spotter': 'spotter'}


def find_words(spotter: TorchTextSpotter, image: np.ndarray) -> dict[Stage, Words]:
    """Find the words of a photo, once, and say what each stage makes of it.

    Args:
        spotter: Its detector runs as it stands.
        image: (H, W, 3) uint8 BGR.

    Returns:
        ``detector``: all boxes, with the detector's scores and without texts. ``spotter``: those
        that read as something and reach ``min_score``, with the words' scores and their texts.
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
    """The detector's boxes alone, as :func:`find_words` gives them; nothing is read."""
    return _without_texts(spotter.detector([image])[0])


def box_threshold(spotter: TorchTextSpotter) -> float | None:
    """The score below which the detector drops boxes, or None where it names none."""
    postprocessor = _postprocessor(spotter)
    found = getattr(postprocessor, 'min_text_score', None)
    return None if found is None else max(float(found), spotter.detector.pyramid.min_score)


@contextmanager
def boxes_from(spotter: TorchTextSpotter, score: float) -> Iterator[None]:
    """Let the detector keep boxes of a lower score for a while.

    Args:
        spotter: Its detector has a post-processing with ``min_text_score``, as DBNet's.
        score: In [0, 1].

    Raises:
        ValueError: If there is no such threshold.
    """
    if box_threshold(spotter) is None:
        raise ValueError(
            f'{type(spotter.detector).__name__} has no min_text_score that could be lowered to '
            f'{score:g}: its curve begins where its boxes do.'
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
