"""MMOCR's postprocessor around :class:`DBWords`."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from typing import Any

import torch
from mmengine.structures import InstanceData
from mmocr.models.textdet.postprocessors.base import BaseTextDetPostProcessor
from mmocr.structures import TextDetDataSample
from torch import Tensor

from pipeline.detection.db_words import DBWords
from pipeline.registry import MODELS


@MODELS.register_module()
class DBWordPostprocessor(BaseTextDetPostProcessor):
    """Converts the probability map of a DBNet to words; see :class:`DBWords`.

    Args:
        text_repr_type: ``'quad'`` returns rectangles only, ``'poly'`` also returns polygons for
            curved words.
        **kwargs: Arguments of :class:`DBWords`.
    """

    def __init__(self, text_repr_type: str = 'poly', **kwargs: Any) -> None:
        super().__init__(text_repr_type=text_repr_type, rescale_fields=['polygons'])
        self.words = DBWords(text_repr_type=text_repr_type, **kwargs)

    @property
    def min_text_score(self) -> float:
        """Lowest mean probability of a kernel."""
        return self.words.min_text_score

    @min_text_score.setter
    def min_text_score(self, value: float) -> None:
        self.words.min_text_score = value

    def get_text_instances(
        self, pred_results: Tensor, data_sample: TextDetDataSample, **kwargs: object
    ) -> TextDetDataSample:
        """Add ``pred_instances`` with ``polygons`` (flat arrays) and ``scores``.

        Args:
            pred_results: (H, W) probability map.
            data_sample: Data sample of the same image.
        """
        polygons, scores = self.words(pred_results.detach().float().cpu().numpy())
        data_sample.pred_instances = InstanceData(
            polygons=[polygon.flatten() for polygon in polygons], scores=torch.from_numpy(scores)
        )
        return data_sample
