"""Outcome of each counted gt word at every stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.analysis.detector.findings import Stage
from pipeline.analysis.detector.misses import MissKind, name_miss
from pipeline.analysis.detector.scoring import StageScore
from pipeline.evaluation.overlap import measure_overlaps
from pipeline.evaluation.words import Words


@dataclass(frozen=True, eq=False)
class GtTally:
    """The N counted gt words of all images, in order.

    Attributes:
        polygons: N polygons (K, 2), pixels.
        iou: Stage -> (N,) IoU with the matched prediction, or NaN for a missed word.
        misses: Kind of miss -> number of words that the detector missed.
    """

    polygons: list[np.ndarray]
    iou: dict[Stage, np.ndarray]
    misses: Counter[MissKind]

    def found(self, stage: Stage) -> np.ndarray:
        """(N,) bool: matched words."""
        return ~np.isnan(self.iou[stage])


def tally_words(gt: Mapping[str, Words], stages: Mapping[Stage, StageScore]) -> GtTally:
    """Collect the outcome of every counted gt word at every stage.

    Args:
        gt: Image name -> scored gt words.
        stages: Stage -> found words and scores.
    """
    polygons: list[np.ndarray] = []
    iou: dict[Stage, list[float]] = {stage: [] for stage in stages}
    misses: Counter[MissKind] = Counter()
    for name, words in gt.items():
        counting = np.flatnonzero(~words.dont_care()).tolist()
        polygons += [words.polygons[g] for g in counting]
        for stage, result in stages.items():
            overlaps = measure_overlaps(words.polygons, result.found[name].polygons)
            pairs = result.scores['detection'].images[name].pairs
            partner_iou = {g: float(overlaps.iou()[g, d]) for g, d, _ in pairs}
            iou[stage] += [partner_iou.get(g, np.nan) for g in counting]
            if stage == 'detector':
                misses.update(name_miss(overlaps, g) for g in counting if g not in partner_iou)
    return GtTally(polygons, {stage: np.array(values) for stage, values in iou.items()}, misses)
