"""Accuracy of recognized words, computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.analysis.recognizer.accuracy import (
    edit_similarity,
    group_by_kind,
    group_by_look,
    judge_readings,
)
from pipeline.analysis.recognizer.readings import WordReading
from pipeline.analysis.recognizer.tables import accuracy_table, look_tables

FLAT = np.array([[0, 0], [100, 0], [100, 10], [0, 10]], dtype=np.float32)
TALL = np.array([[0, 0], [10, 0], [10, 100], [0, 100]], dtype=np.float32)
ANGLES = np.radians(np.linspace(-60, 60, 8))
SIDE = np.stack([np.sin(ANGLES), -np.cos(ANGLES)], axis=1)
BENT = np.concatenate([60 * SIDE, 50 * SIDE[::-1]]).astype(np.float32)


def reading(gt_text: str, text: str, polygon=FLAT, score=0.5, sharpness=1.0, is_crop=False):
    return WordReading(Path(f'{gt_text}.jpg'), polygon, gt_text, text, score, sharpness, is_crop)


WORDS = [
    reading('Open', 'OPEN'), reading('ab!', 'ab', TALL), reading('12', '12', BENT),
    reading('abcd', 'abce'),
]  # fmt: skip


def test_judge_readings_applies_each_rule():
    right = judge_readings(WORDS)
    assert right['alphanumeric'].tolist() == [True, True, True, False]
    assert right['exact'].tolist() == [False, False, True, False]
    assert right['case ignored'].tolist() == [True, False, True, False]


def test_edit_similarity_divides_by_the_longer_length():
    assert edit_similarity(WORDS).tolist() == [1, 1, 1, 0.75]
    longer = [reading('ab', 'abcdefgh'), reading('ab', '')]
    assert edit_similarity(longer).tolist() == pytest.approx([0.25, 0])


def test_accuracy_table_has_one_row_per_kind():
    kinds = {group.name: group.rows.tolist() for group in group_by_kind(WORDS)}
    assert kinds == {
        'all': [True] * 4,
        'straight': [True, True, False, True],
        'curved': [False, False, True, False],
        'vertical (taller than wide)': [False, True, False, False],
        'with symbols': [False, True, False, False],
        'digits only': [False, False, True, False],
    }
    table = accuracy_table(WORDS)
    assert '| all | 4 | 0.750 [' in table
    assert table.splitlines()[2].endswith('| 0.250 | 0.500 | 0.938 |')
    assert '| digits only | 1 | 1.000 [1.000, 1.000] | 1.000 | 1.000 | 1.000 |' in table


def test_accuracy_table_shows_dashes_for_empty_kinds():
    assert '| curved | 0 | - | - | - | - |' in accuracy_table(WORDS[:1])


def test_look_tables_contain_accuracy():
    table = look_tables(WORDS)
    assert '| 8 to under 12 px | 4 | 0.750 | 0.250 |' in table
    assert '| 3 to 4 characters | 3 | 0.667 | 0.000 |' in table
    assert '| 45 degrees and more | 1 | 1.000 | 0.000 |' in table


def test_group_by_look_has_no_angle_for_word_crops():
    crop = reading('a', 'a', is_crop=True)
    assert "angle of the word's long axis" not in group_by_look([crop])
    angles = group_by_look([crop, WORDS[0]])["angle of the word's long axis"]
    assert angles[0].rows.tolist() == [False, True]
