"""SVG figure of the precision-recall curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.analysis.submission import markup
from pipeline.evaluation.pr_curve import CurvePoint, equal_hmean_lines, set_points, thin_points
from pipeline.evaluation.scores import Score
from pipeline.evaluation.scoring import SetScore, Task

_LEFT, _TOP, _SIDE, _RIGHT, _BOTTOM = 64, 16, 440, 72, 56
_MOST_MARKS = 120
_MOST_ROWS = 21
TASK_NAMES: dict[Task, str] = {
    'e2e': 'end-to-end',
    'spotting': 'word spotting',
    'detection': 'detection',
}


def draw_curve(scores: Mapping[Task, SetScore], task: Task, with_confidences: bool) -> str:
    """Draw precision against recall, with lines of equal hmean.

    Args:
        scores: Task -> score of the set.
        task: Task that is drawn on top. Its points show their numbers on hover.
        with_confidences: Whether to draw curves. Otherwise each task is one point.
    """
    on_top_last = sorted(scores, key=lambda name: name == task)
    drawn = [
        _draw_task(name, scores[name], with_confidences, marked=name == task)
        for name in on_top_last
    ]
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM
    return (
        f'<svg class="curve" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="Precision against recall; the numbers are in the tables">\n'
        + _draw_axes()
        + _draw_equal_hmean()
        + '\n'.join(drawn)
        + '\n</svg>'
    )


def curve_key(task: Task) -> str:
    """Legend of the figure."""
    rows = [
        f'<li class="{name}{" first" if name == task else ""}"><svg viewBox="0 0 44 14" '
        'aria-hidden="true"><line class="task-line" x1="1" y1="7" x2="43" y2="7"/>'
        f'{_mark(name, 22, 7)}</svg> {label}</li>'
        for name, label in TASK_NAMES.items()
    ]
    equal = (
        '<li><svg viewBox="0 0 44 14" aria-hidden="true"><line class="equal" x1="1" y1="7" x2="43" '
        'y2="7"/></svg> equal hmean</li>'
    )
    return f'<ul class="key curve-key">{"".join(rows)}{equal}</ul>'


def curve_table(points: Sequence[CurvePoint]) -> str:
    """Table of some points of the curve, from the highest to the lowest confidence."""
    rows = [
        [
            f'<span title="{point.confidence!r}">{point.confidence:.4f}</span>',
            *(markup.number(v) for v in (s.precision, s.recall, s.hmean)),
            *(str(v) for v in (s.matched, s.gt_care, s.det_care)),
        ]
        for point in thin_points(points, _MOST_ROWS)
        for s in [point.score]
    ]
    header = ['confidence at least', 'precision', 'recall', 'hmean', 'matched', 'gt', 'predicted']
    return markup.table(header, rows)


def _draw_task(name: Task, result: SetScore, with_confidences: bool, marked: bool) -> str:
    points = set_points(result) if with_confidences else []
    parts = []
    if points:
        path = ' '.join(dict.fromkeys(_position(point.score) for point in points))
        parts.append(f'<polyline class="task-line" points="{path}"/>')
    if marked:
        parts += [
            f'<circle class="hover" cx="{x}" cy="{y}" r="5"><title>{label}</title></circle>'
            for point in thin_points(points, _MOST_MARKS)
            for x, y in [_position(point.score).split(',')]
            for label in [f'confidence at least {point.confidence!r}\n{_describe(point.score)}']
        ]
    x, y = (float(value) for value in _position(result.score).split(','))
    title = f'{TASK_NAMES[name]}, all predictions\n{_describe(result.score)}'
    parts.append(f'<g>{_mark(name, x, y)}<title>{title}</title></g>')
    return f'<g class="{name}{" first" if marked else ""}">' + '\n'.join(parts) + '</g>'


def _describe(score: Score) -> str:
    return f'precision {score.precision!r}\nrecall {score.recall!r}\nhmean {score.hmean!r}'


def _position(score: Score) -> str:
    return f'{_LEFT + score.recall * _SIDE:.1f},{_TOP + (1 - score.precision) * _SIDE:.1f}'


def _mark(name: Task, x: float, y: float) -> str:
    """A mark of a shape that identifies the task without its color."""
    if name == 'e2e':
        return f'<circle class="mark" cx="{x}" cy="{y}" r="5"/>'
    if name == 'spotting':
        return f'<rect class="mark" x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9"/>'
    corners = f'{x:.1f},{y - 6:.1f} {x + 6:.1f},{y + 5:.1f} {x - 6:.1f},{y + 5:.1f}'
    return f'<polygon class="mark" points="{corners}"/>'


def _draw_axes() -> str:
    parts = [f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}"/>']
    for step in range(0, 11, 2):
        x, y = _LEFT + step / 10 * _SIDE, _TOP + (1 - step / 10) * _SIDE
        bottom, right = _TOP + _SIDE, _LEFT + _SIDE
        parts.append(
            f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>'
            f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{step / 10:.1f}</text>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{step / 10:.1f}</text>'
        )
    middle_x, middle_y = _LEFT + _SIDE / 2, _TOP + _SIDE / 2
    parts.append(
        f'<text class="axis" x="{middle_x}" y="{_TOP + _SIDE + 42}" text-anchor="middle">recall'
        f'</text><text class="axis" text-anchor="middle" '
        f'transform="translate(18 {middle_y}) rotate(-90)">precision</text>'
    )
    return '\n'.join(parts) + '\n'


def _draw_equal_hmean() -> str:
    parts = []
    for h, recall, precision in equal_hmean_lines(40):
        path = ' '.join(
            f'{_LEFT + r * _SIDE:.1f},{_TOP + (1 - p) * _SIDE:.1f}'
            for r, p in zip(recall, precision)
        )
        label_y = _TOP + (1 - precision[-1]) * _SIDE + 4
        parts.append(
            f'<polyline class="equal" points="{path}"/><text class="equal-label" '
            f'x="{_LEFT + _SIDE + 6}" y="{label_y:.1f}">hmean {h:.1f}</text>'
        )
    return '\n'.join(parts) + '\n'
