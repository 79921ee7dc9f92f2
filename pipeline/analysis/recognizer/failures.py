"""A picture of misread words, drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.analysis.recognizer.readings import WordReading
from pipeline.geometry import ring_size
from pipeline.rectification import Rectifier
from pipeline.visualization.draw_readings import draw_readings

_HEIGHT_PX = 64
_MOST_WIDE = 5.0


def choose_failures(
    readings: Sequence[WordReading], right: np.ndarray, most: int, rng: np.random.Generator
) -> list[WordReading]:
    """Draw misread words by lot, so that they stand for all of them: not the worst, nor the first.

    Args:
        readings: N words.
        right: (N,) bool.
        most: How many; all where there are fewer.
        rng: Draws them without replacement.

    Returns:
        The words in the order of ``readings``.
    """
    wrong = np.flatnonzero(~np.asarray(right, dtype=bool))
    chosen = rng.choice(wrong, size=min(most, len(wrong)), replace=False)
    return [readings[i] for i in sorted(chosen.tolist())]


def draw_failures(failures: Sequence[WordReading], rectifier: Rectifier) -> np.ndarray:
    """Lay words out in a grid, each above what is written, its score and what was read.

    They are cut out as the recognizer's rectifier does, but keep their own width: the recognizer
    sees all of them at one size.

    Args:
        failures: At least one word.
        rectifier: The spotter's.

    Returns:
        (H, W, 3) uint8 BGR.
    """
    return draw_readings(
        [_cut(failure, rectifier) for failure in failures],
        [failure.gt_text for failure in failures],
        [failure.text for failure in failures],
        columns=5,
        scores=[failure.score for failure in failures],
    )


def _cut(failure: WordReading, rectifier: Rectifier) -> np.ndarray:
    ring = rectifier.rotations(failure.polygon)[0]
    height, width = ring_size(ring)
    wide = min(max(width / max(height, 1e-6), 1 / _MOST_WIDE), _MOST_WIDE)
    size = (_HEIGHT_PX, max(1, round(_HEIGHT_PX * wide)))
    cutter = Rectifier(size, mode=rectifier.mode, margin=rectifier.margin, vertical='keep')
    return cutter(failure.load(), [ring])[0]
