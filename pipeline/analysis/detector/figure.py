"""Precision-recall curves of a detector and of its spotter."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes

from pipeline.analysis.detector.findings import STAGE_NAMES, STAGES
from pipeline.analysis.detector.measurement import DetectorMeasurement
from pipeline.analysis.figures import BLUE, GRAY, ORANGE, new_figure, write_figure
from pipeline.evaluation.pr_curve import equal_hmean_lines, set_points

_COLORS = {'detector': BLUE, 'spotter': ORANGE}
_SCORES = {'detector': 'detection score', 'spotter': 'word score'}


def write_curve(measured: DetectorMeasurement, path: Path) -> None:
    """Draw precision against recall, and mark the scores at the configured thresholds."""
    figure, (axis,) = new_figure()
    _draw_equal_hmean(axis)
    for stage in STAGES:
        ranked = measured.curve if stage == 'detector' else measured.stages[stage].ranked
        points = set_points(ranked)
        fixed = measured.stages[stage].scores['detection'].score
        axis.plot(
            [point.score.recall for point in points],
            [point.score.precision for point in points],
            color=_COLORS[stage],
            label=f'{STAGE_NAMES[stage]}, by {_SCORES[stage]}: AP {ranked.score.ap:.3f}',
        )
        axis.plot(
            fixed.recall, fixed.precision, 'o', color=_COLORS[stage], markeredgecolor='black',
            label=f'as configured: hmean {fixed.hmean:.3f}',
        )  # fmt: skip
    axis.set(xlabel='recall', ylabel='precision', title='Detection, IoU over 0.5')
    axis.legend(loc='lower left', fontsize=8, framealpha=0.9)
    write_figure(figure, path)


def _draw_equal_hmean(axis: Axes) -> None:
    for h, recall, precision in equal_hmean_lines(60):
        axis.plot(recall, precision, color=GRAY, linewidth=0.6, alpha=0.5, zorder=0)
        axis.text(0.99, precision[-1] + 0.005, f'{h:.1f}', fontsize=7, color=GRAY, ha='right')
