"""The metrics of a spotting test as a text table."""

from __future__ import annotations

from collections.abc import Mapping

_COLUMNS = ('precision', 'recall', 'hmean', 'ap')
_LOST = (
    ('read', 'detected and read correctly'),
    ('not_detected', 'not detected'),
    ('badly_cropped', 'badly cropped: misread, but read correctly at the ground truth'),
    ('misread', 'misread, also at the ground truth'),
)


def metric_table(metrics: Mapping[str, float]) -> str:
    """Format the metrics of :class:`E2EHmeanMetric` and of the hooks of a spotting test.

    Args:
        metrics: Metric name -> value. ``e2e/strong_hmean``, ``detection/hmean`` and the like become
            the rows and columns of a table. ``lost/*``, ``photos_per_second`` and other keys become
            lines below it.

    Returns:
        Several lines, without a line break at the end.
    """
    rows: dict[str, dict[str, float]] = {}
    rest: dict[str, float] = {}
    for key, value in metrics.items():
        row, _, column = key.replace('detection/', 'detection_').rpartition('_')
        if column in _COLUMNS and row:
            rows.setdefault(row, {})[column] = value
        else:
            rest[key] = value
    lines = []
    if rows:
        columns = [name for name in _COLUMNS if any(name in row for row in rows.values())]
        width = max(len(row) for row in rows)
        lines.append(' ' * width + ''.join(f'{name:>11}' for name in columns))
        for row, numbers in sorted(rows.items(), key=lambda item: _place(item[0])):
            cells = (f'{numbers[name]:11.4f}' if name in numbers else ' ' * 11 for name in columns)
            lines.append(f'{row:{width}}' + ''.join(cells))
    lines += _lost_lines(rest)
    if 'photos_per_second' in rest:
        speed = rest.pop('photos_per_second')
        lines.append(f'{speed:.2f} images per second, from decoded image to words')
    lines += [f'{key}: {value}' for key, value in rest.items()]
    return '\n'.join(lines)


def _place(row: str) -> tuple[int, int]:
    task, _, level = row.partition('/')
    levels = ('', 'none', 'strong', 'weak', 'generic', 'full')
    tasks = ('e2e', 'spotting', 'detection')
    return (
        tasks.index(task) if task in tasks else len(tasks),
        levels.index(level) if level in levels else len(levels),
    )


def _lost_lines(rest: dict[str, float]) -> list[str]:
    """Remove the counts of lost words from ``rest`` and format them."""
    counts = {key: rest.pop(f'lost/{key}') for key, _ in _LOST if f'lost/{key}' in rest}
    at_gt = rest.pop('lost/read_at_gt', None)
    total = sum(counts.values())
    if not total:
        return []
    lines = [f'{total:.0f} gt words counted, end to end without a lexicon:']
    lines += [
        f'  {counts[key]:6.0f} ({counts[key] / total:5.1%}) {meaning}'
        for key, meaning in _LOST
        if key in counts
    ]
    if at_gt is not None:
        lines.append(
            f'  {at_gt:6.0f} ({at_gt / total:5.1%}) of all are read right in crops at the gt '
            'polygons'
        )
    return lines
