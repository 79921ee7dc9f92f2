"""Values that MMEngine logs during training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.utils.natural_sort import natural_key

Curve = list[tuple[int, float]]
"""Pairs of an iteration and a value."""


def find_log(path: Path) -> Path:
    """The ``scalars.json`` of a work dir's last run; a file stays as it is.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if path.is_file():
        return path
    # Each run has a folder named after its time: WORK_DIR/20260101_120000/vis_data.
    found = sorted(path.glob('**/vis_data/scalars.json'), key=lambda log: natural_key(str(log)))
    if not found:
        raise FileNotFoundError(f'no vis_data/scalars.json in {path}: wanted a work dir')
    return found[-1]


def read_log(path: Path) -> dict[str, Curve]:
    """Read the values of a log by key. Lines of validation, without a loss, are read too.

    Raises:
        ValueError: If the file is not a log of MMEngine.
    """
    curves: dict[str, Curve] = {}
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        try:
            values = json.loads(line)
            step = int(values['step'])
        except (ValueError, KeyError, TypeError):
            raise ValueError(f'{path}, line {number}: wanted a line of scalars.json') from None
        for key, value in values.items():
            if isinstance(value, (int, float)) and key not in ('step', 'iter', 'epoch'):
                curves.setdefault(key, []).append((step, float(value)))
    if not curves:
        raise ValueError(f'{path} contains no values: the run has not logged anything yet')
    return curves


def draw_curves(runs: Mapping[str, Mapping[str, Curve]], path: Path) -> None:
    """Draw the curves of several runs into one picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout='constrained')
    axes = figure.add_subplot()
    for name, curves in runs.items():
        for key, curve in curves.items():
            axes.plot(*zip(*curve), label=f'{name} {key}' if len(runs) > 1 else key)
    axes.set_xlabel('iteration')
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
