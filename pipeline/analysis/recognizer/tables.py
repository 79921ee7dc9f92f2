"""Markdown tables of a recognizer report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.analysis.bootstrap import ImageBootstrap
from pipeline.analysis.context.table import interval
from pipeline.analysis.markdown import code, number, percent, table
from pipeline.analysis.recognizer.accuracy import (
    edit_similarity,
    group_by_kind,
    group_by_look,
    judge_readings,
)
from pipeline.analysis.recognizer.calibration import KeptWords, ScoreBin
from pipeline.analysis.recognizer.confusions import Cell, Confusions, most_frequent
from pipeline.analysis.recognizer.readings import WordReading


def accuracy_table(readings: Sequence[WordReading]) -> str:
    """Accuracy by every rule and 1-NED, of all words and of kinds of words."""
    right, similarity = judge_readings(readings), edit_similarity(readings)
    paths = {path: i for i, path in enumerate(dict.fromkeys(r.path for r in readings))}
    photo = np.array([paths[r.path] for r in readings], dtype=np.int64)
    bootstrap = ImageBootstrap(photo, len(paths), seed=0)
    rows = [
        [
            group.name,
            int(group.rows.sum()),
            interval(bootstrap.mean(right['alphanumeric'], group.rows).as_dict()),
            *(_mean(right[rule], group.rows) for rule in ('exact', 'case ignored')),
            _mean(similarity, group.rows),
        ]
        for group in group_by_kind(readings)
    ]
    header = ['words', 'number', 'letters and digits, case ignored [95 % over photos]']
    return table([*header, 'exact', 'case ignored', '1-NED'], rows)


def look_tables(readings: Sequence[WordReading]) -> str:
    """Accuracy by height, length, blur and angle, one table each."""
    right = judge_readings(readings)
    return '\n\n'.join(
        table(
            [f'by {what}', 'words', 'letters and digits, case ignored', 'exact'],
            [
                [
                    group.name,
                    int(group.rows.sum()),
                    *(_mean(right[rule], group.rows) for rule in ('alphanumeric', 'exact')),
                ]
                for group in groups
            ],
        )
        for what, groups in group_by_look(readings).items()
    )


def confusion_table(confusions: Confusions, most: int = 30) -> str:
    """The most frequent errors of single characters, case ignored."""
    rows = [
        [_sign(cell[0]), _sign(cell[1]), count, percent(count, confusions.errors)]
        for cell, count in most_frequent(confusions.cells, most)
    ]
    return table(['gt', 'predicted', 'number', 'of all character errors'], rows)


def case_table(confusions: Confusions, most: int = 10) -> str:
    """The letters that are most often predicted in the other case."""
    total = sum(confusions.case.values())
    cells: list[tuple[Cell, int]] = most_frequent(confusions.case, most)
    rows = [[_sign(a), _sign(b), count, percent(count, total)] for (a, b), count in cells]
    return table(['gt', 'predicted', 'number', 'of all letters in the other case'], rows)


def reliability_table(bins: Sequence[ScoreBin]) -> str:
    """The bins of the reliability curve."""
    rows = [
        [f'{e.low:.1f} to {e.high:.1f}', e.count, number(e.confidence), number(e.accuracy)]
        for e in bins
    ]
    return table(['score', 'words', 'mean score', 'read correctly'], rows)


def coverage_table(kept: Sequence[KeptWords]) -> str:
    """Number, share and accuracy of the words with at least a score."""
    rows = [[f'{k.threshold:.1f}', k.count, number(k.coverage), number(k.accuracy)] for k in kept]
    return table(['lowest score', 'words kept', 'share kept', 'of these read correctly'], rows)


def _mean(values: np.ndarray, rows: np.ndarray) -> str:
    return number(float(values[rows].mean()) if rows.any() else None)


def _sign(character: str) -> str:
    return code(character) if character else '(nothing)'
