"""Figure of the reliability of scores, and of accuracy against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from pipeline.analysis.figures import BLUE, GRAY, ORANGE, new_figure, write_figure
from pipeline.analysis.recognizer.calibration import (
    KeptWords,
    ScoreBin,
    expected_calibration_error,
    keep_words,
    reliability_bins,
)


def write_calibration(
    scores: Sequence[float], right: np.ndarray, kept: Sequence[KeptWords], path: Path
) -> None:
    """Draw both panels.

    Args:
        scores: (N,) word scores in [0, 1].
        right: (N,) bool, correct words by the main rule.
        kept: Thresholds to mark.
        path: Path of the PNG.
    """
    figure, (left, right_panel) = new_figure(2)
    _draw_reliability(left, reliability_bins(scores, right))
    _draw_coverage(right_panel, scores, right, kept)
    write_figure(figure, path)


def _draw_reliability(axis: Axes, bins: Sequence[ScoreBin]) -> None:
    shown = [entry for entry in bins if entry.count]
    axis.bar(
        [(entry.low + entry.high) / 2 for entry in shown], [entry.accuracy for entry in shown],
        width=0.9 / len(bins), color=BLUE, alpha=0.75, label='accuracy of a bin',
    )  # fmt: skip
    axis.plot([0, 1], [0, 1], '--', color=GRAY, label='perfect calibration')
    axis.plot(
        [entry.confidence for entry in shown], [entry.accuracy for entry in shown], 'o-',
        color=ORANGE, markersize=4, label='at the mean score of a bin',
    )  # fmt: skip
    for entry in shown:
        axis.text((entry.low + entry.high) / 2, 0.01, str(entry.count), fontsize=7, ha='center')
    error = expected_calibration_error(bins)
    axis.set(
        xlabel='word score (number of words at the bottom)', ylabel='share read correctly',
        title=f'Reliability: ECE {error:.3f}',
    )  # fmt: skip
    axis.legend(loc='upper left', fontsize=8)


def _draw_coverage(
    axis: Axes, scores: Sequence[float], right: np.ndarray, kept: Sequence[KeptWords]
) -> None:
    curve = keep_words(scores, right, sorted(set(scores)))
    axis.plot([k.coverage for k in curve], [k.accuracy for k in curve], color=BLUE)
    some = [k for k in kept if k.count]
    axis.plot([k.coverage for k in some], [k.accuracy for k in some], 'o', color=ORANGE)
    for place, k in enumerate(some):
        # Labels alternate above and below, because high thresholds are close together.
        axis.annotate(
            f'{k.threshold:.1f}', (k.coverage, k.accuracy), textcoords='offset points',
            xytext=(3, 5) if place % 2 else (-14, -11), fontsize=7,
        )  # fmt: skip
    axis.set(
        xlabel='share of words kept', ylabel='share of kept words read correctly',
        title='Words with at least the marked score',
    )  # fmt: skip
