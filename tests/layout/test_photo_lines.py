"""Lines and blocks of 20 images against hand-made ground truth.

``icdar2015_dev_lines.json`` contains blocks of lines of word indices: the lines of ``gt_img_N.txt``
of ICDAR 2015, from 0. The images are those of ``icdar2015_dev`` with most legible words. All
annotated boxes are arranged, and the legible words are scored. The numbers are printed by::

    python -m pytest -s tests/layout/test_photo_lines.py
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from pipeline.layout import arrange_words

GT = Path(__file__).parents[2] / 'data' / 'icdar2015_dev' / 'gt'
TRUTH = Path(__file__).with_name('icdar2015_dev_lines.json')
Blocks = list[list[list[int]]]


def arrange_photo(number: str) -> tuple[Blocks, set[int]]:
    """Blocks of all boxes of an image, and the indices of the legible words."""
    lines = (GT / f'gt_img_{number}.txt').read_text(encoding='utf-8-sig').splitlines()
    fields = [line.split(',', 8) for line in lines if line]
    polygons = [np.array(field[:8], dtype=np.float64).reshape(4, 2) for field in fields]
    return arrange_words(polygons), {i for i, field in enumerate(fields) if field[8] != '###'}


def legible_only(blocks: Blocks, legible: set[int]) -> Blocks:
    kept = [[[word for word in line if word in legible] for line in block] for block in blocks]
    return [some for block in kept if (some := [line for line in block if line])]


def word_pairs(blocks: Blocks) -> set[tuple[int, int]]:
    """Pairs of successive words of a line."""
    return {pair for block in blocks for line in block for pair in itertools.pairwise(line)}


def share(found: Iterable[object], wanted: Iterable[object]) -> tuple[int, int]:
    """Number of wanted values that are found, and of all wanted values."""
    wanted = list(wanted)
    found = set(found)
    return sum(value in found for value in wanted), len(wanted)


def as_tuples(lines: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, lines))


def test_lines_of_photos_match_the_hand_made_truth():
    if not GT.is_dir():
        pytest.skip('data/icdar2015_dev is missing; see data/README.md')
    truth = json.loads(TRUTH.read_text())
    totals = {name: np.zeros(2, dtype=int) for name in ('lines', 'recall', 'precision', 'blocks')}
    for number, blocks in truth.items():
        arranged, legible = arrange_photo(number)
        assert sorted(word for block in blocks for line in block for word in line) == sorted(
            legible
        )
        got = legible_only(arranged, legible)
        pairs, gt_pairs = word_pairs(got), word_pairs(blocks)
        lines, gt_lines = ([tuple(line) for block in b for line in block] for b in (got, blocks))
        totals['lines'] += share(lines, gt_lines)
        totals['recall'] += share(pairs, gt_pairs)
        totals['precision'] += share(gt_pairs, pairs)
        totals['blocks'] += share(map(as_tuples, got), map(as_tuples, blocks))
        for line in sorted(set(gt_lines) - set(lines)):
            print(f'photo {number}: the line {line} was not found')
    for name, (right, count) in totals.items():
        print(f'{name}: {right} of {count} = {right / count:.3f}')
    assert totals['lines'][0] >= 0.85 * totals['lines'][1]
    assert totals['recall'][0] >= 0.9 * totals['recall'][1]
