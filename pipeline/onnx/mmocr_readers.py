"""Postprocessors of MMOCR on the outputs of exported networks. They require torch and MMOCR."""

from __future__ import annotations

import pipeline.registration  # noqa: F401  the classes that a manifest names

# isort: split

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.registry import DefaultScope

from pipeline.detection.detection_samples import make_samples, to_polygons
from pipeline.recognition.crop_reader import make_crop_sample, to_reading
from pipeline.recognition.ctc_reader import Reading
from pipeline.registry import MODELS


class PostprocessedWords:
    """Words of the outputs of an MMOCR detector.

    Args:
        postprocessor: Config of the detector's postprocessor.
    """

    def __init__(self, postprocessor: dict[str, Any]) -> None:
        self._postprocessor = _build(postprocessor)

    def __call__(
        self,
        outputs: Sequence[np.ndarray],
        shape: tuple[int, int],
        ori_shapes: Sequence[tuple[int, int]],
    ) -> list[tuple[Sequence[np.ndarray], np.ndarray]]:
        """Polygons in pixels of the original images, and scores, of each image.

        Args:
            outputs: Outputs of the network.
            shape: (height, width) of the network's input.
            ori_shapes: (height, width) of each original image.
        """
        tensors = [torch.from_numpy(output) for output in outputs]
        samples = make_samples([shape] * len(ori_shapes), ori_shapes)
        with torch.no_grad():
            found = self._postprocessor(tensors if len(tensors) > 1 else tensors[0], samples)
        return to_polygons(found)


class PostprocessedTexts:
    """Texts of the class probabilities of an MMOCR recognizer.

    Args:
        postprocessor: Config of the decoder's postprocessor.
        dictionary: Config of the decoder's dictionary.
        folder: Folder of the dictionary's file.
    """

    def __init__(
        self, postprocessor: dict[str, Any], dictionary: dict[str, Any], folder: Path
    ) -> None:
        path = str(folder / dictionary['dict_file'])
        self._postprocessor = _build(
            {**postprocessor, 'dictionary': {**dictionary, 'dict_file': path}}
        )

    def __call__(self, probs: np.ndarray, shape: tuple[int, int]) -> list[Reading]:
        """Readings of (N, T, L) probabilities of crops of this (height, width)."""
        samples = [make_crop_sample(shape) for _ in probs]
        with torch.no_grad():
            read = self._postprocessor(torch.from_numpy(probs), samples)
        return [to_reading(sample.pred_text) for sample in read]


def _build(config: dict[str, Any]) -> Any:
    with DefaultScope.overwrite_default_scope('mmocr'):
        return MODELS.build(dict(config))
