"""End-to-end spotting scores as an MMEngine metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from pipeline.registry import METRICS

from .scoring import TASKS, ImageScore, ScoringRules, Task, score_image, summarize
from .submission_polygon import submission_quad
from .transcription import StripRule
from .words import Words


@METRICS.register_module()
class E2EHmeanMetric(BaseMetric):
    """Detection, end-to-end and word-spotting scores by the ICDAR protocols.

    Reported keys are ``e2e/none_hmean``, ``spotting/none_hmean``, ``detection/hmean`` and the same
    with ``precision`` and ``recall``. Every word counts and no threshold is searched for:
    predictions below ``min_score`` are dropped, the rest is scored once.

    Args:
        protocol: ``icdar2015`` or ``icdar2013`` compare whole-number quads, ``totaltext`` compares
            polygons as they are.
        min_score: Drop predictions whose ``scores`` lie below it.
        iou: A pair's IoU must exceed it.
        area_precision: A prediction with more than this share in one ignored word is left out.
        strip: Which outer punctuation is forgiven; see :func:`texts_match`.
        min_length: Shorter gold words are don't-care in word spotting.
        collect_device: ``cpu`` or ``gpu``.
        prefix: Put before the keys; they carry their task already, so none by default.
    """

    default_prefix: str | None = None

    def __init__(
        self,
        protocol: str = 'icdar2015',
        min_score: float = 0.0,
        iou: float = 0.5,
        area_precision: float = 0.5,
        strip: StripRule = 'edge',
        min_length: int = 3,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if protocol not in ('icdar2015', 'icdar2013', 'totaltext'):
            raise ValueError(
                f"protocol must be 'icdar2015', 'icdar2013' or 'totaltext', got {protocol!r}."
            )
        self.quads = protocol != 'totaltext'
        self.min_score = min_score
        self.rules = ScoringRules(
            iou=iou, area_precision=area_precision, strip=strip, min_length=min_length
        )

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:
        """Score each photo of a batch.

        Args:
            data_batch: Not used.
            data_samples: Dictionaries (or data samples) with ``gt_instances``: ``polygons``,
                ``texts``, ``ignored``; and ``pred_instances``: ``polygons``, ``texts`` and, where
                ``min_score`` is set, ``scores``.
        """
        for sample in data_samples:
            gt = self._words(sample.get('gt_instances'))
            det = self._words(sample.get('pred_instances'), self.min_score)
            self.results.append(score_image(gt, det, self.rules))

    def compute_metrics(self, results: list[dict[Task, ImageScore]]) -> dict[str, float]:
        """Add up the photos' counts.

        Args:
            results: One dictionary of scores a photo.

        Returns:
            Precision, recall and hmean of every task.
        """
        metrics = {}
        for task in TASKS:
            score = summarize({str(i): scores[task] for i, scores in enumerate(results)}).score
            name = 'detection/' if task == 'detection' else f'{task}/none_'
            for key in ('precision', 'recall', 'hmean'):
                metrics[name + key] = getattr(score, key)
        return metrics

    def _words(self, instances: Any, min_score: float = 0.0) -> Words:
        polygons = [self._polygon(p) for p in instances.get('polygons')]
        texts = [_plain_text(t) for t in instances.get('texts')]
        ignored = instances.get('ignored')
        words = Words(
            polygons, texts, ignored=[] if ignored is None else [bool(flag) for flag in ignored]
        )
        if min_score <= 0:
            return words
        scores = [float(score) for score in instances.get('scores')]
        return words.take([i for i, score in enumerate(scores) if score >= min_score])

    def _polygon(self, flat: Any) -> np.ndarray:
        polygon = np.asarray(flat, dtype=np.float32).reshape(-1, 2).astype(np.float64)
        return submission_quad(polygon) if self.quads else polygon


def _plain_text(text: Any) -> str:
    """MMOCR's recognizers give a text as ``LabelData`` or ``[text]``; a plain one passes."""
    if isinstance(text, (list, tuple)):
        return text[0] if text else ''
    return getattr(text, 'item', text)
