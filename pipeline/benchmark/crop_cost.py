"""Time per word crop of a spotter's recognizer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.geometry import image_ring
from pipeline.spotter import TextSpotter
from pipeline.word_reading import CropBatch, WordBatch


@dataclass(frozen=True)
class CropCost:
    """Seconds per crop, medians over the passes.

    Attributes:
        crops: Number of crops.
        batch_size: Largest batch; only crops of one width are batched together.
        width_px: Mean width of the crops that the recognizer reads.
        read: From the crop to the text, with the language model if the recognizer has one.
        plain: The same without a language model.
    """

    crops: int
    batch_size: int
    width_px: float
    read: float
    plain: float


@torch.inference_mode()
def measure_crop_cost(
    spotter: TextSpotter,
    images: Sequence[np.ndarray],
    batch_size: int = 16,
    repeat: int = 3,
    on_pass: Callable[[], object] = lambda: None,
) -> CropCost:
    """Time the recognizer on images that are word crops.

    Args:
        spotter: Its rectifier brings the images to the recognizer's size; this is not timed.
        images: (H, W, 3) uint8 BGR arrays.
        batch_size: Largest batch.
        repeat: Timed passes over all images, after one that is not timed.
        on_pass: Called after each pass.
    """
    crops = [
        crop
        for image in images
        for crop in spotter.rectifier(image, [image_ring(*image.shape[:2])], vertical='keep')
    ]
    batch = CropBatch(
        WordBatch([], [1.0] * len(crops), [0] * len(crops)), crops, [], list(range(len(crops)))
    )
    model, before = spotter.language_model, spotter.crop_batch_size
    spotter.crop_batch_size = batch_size
    seconds: dict[bool, list[float]] = {True: [], False: []}
    try:
        for timed in range(repeat + 1):
            for with_model, times in seconds.items():
                if model is not None:
                    spotter.language_model = model if with_model else None
                start = time.perf_counter()
                spotter.read_oriented(batch, None)
                if timed:
                    times.append((time.perf_counter() - start) / len(crops))
            on_pass()
    finally:
        spotter.crop_batch_size = before
        if model is not None:
            spotter.language_model = model
    return CropCost(
        crops=len(crops),
        batch_size=batch_size,
        width_px=statistics.mean(crop.shape[1] for crop in crops),
        read=statistics.median(seconds[True]),
        plain=statistics.median(seconds[False]),
    )
