"""MMOCR's data samples of detectors: what its postprocessors read and write."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Sequence

import numpy as np
import torch
from mmocr.structures import TextDetDataSample


def make_samples(
    shapes: Sequence[tuple[int, ...]], ori_shapes: Sequence[tuple[int, int]]
) -> list[TextDetDataSample]:
    """Samples with the metainfo that MMOCR's detectors require.

    Args:
        shapes: (height, width) of the inputs of the network.
        ori_shapes: (height, width) of the images before they were resized.
    """
    samples = []
    for shape, ori_shape in zip(shapes, ori_shapes):
        sample = TextDetDataSample()
        sample.set_metainfo(
            dict(
                img_shape=tuple(shape[:2]),
                ori_shape=ori_shape,
                pad_shape=tuple(shape[:2]),
                batch_input_shape=tuple(shape[:2]),
                scale_factor=(shape[1] / ori_shape[1], shape[0] / ori_shape[0]),
            )
        )
        samples.append(sample)
    return samples


def to_polygons(
    samples: Sequence[TextDetDataSample],
) -> list[tuple[Sequence[np.ndarray], np.ndarray]]:
    """Polygons and scores (N,) float32 of each sample."""
    found = []
    for sample in samples:
        scores = torch.as_tensor(sample.pred_instances.scores).cpu()
        found.append(
            (sample.pred_instances.polygons, np.asarray(scores, dtype=np.float32).reshape(-1))
        )
    return found
