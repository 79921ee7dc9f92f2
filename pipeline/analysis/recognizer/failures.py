"""Image of randomly chosen misread words."""

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
    """Choose misread words at random, so that they represent all misread words.

    Args:
        readings: N words.
        right: (N,) bool, correct words.
        most: Largest number of words.
        rng: Random generator of the choice, without replacement.

    Returns:
        Misread words in the order of ``readings``.
    """
    wrong = np.flatnonzero(~np.asarray(right, dtype=bool))
    chosen = rng.choice(wrong, size=min(most, len(wrong)), replace=False)
    return [readings[i] for i in sorted(chosen.tolist())]


def draw_failures(failures: Sequence[WordReading], rectifier: Rectifier) -> np.ndarray:
    """Draw words in a grid, each above its gt text, score and predicted text.

    The crops are rectified as for the recognizer, but keep their aspect ratio.

    Args:
        failures: At least one word.
        rectifier: Rectifier of the spotter.

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
