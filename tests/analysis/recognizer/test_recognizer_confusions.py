"""Confusions of characters, counted by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline.analysis.recognizer.confusions import count_confusions, most_frequent
from pipeline.analysis.recognizer.tables import case_table, confusion_table


@pytest.mark.parametrize(
    ('gt_text', 'text', 'cells', 'case', 'reason'),
    [
        ('cat', 'cat', {}, {}, 'right'),
        ('cat', 'cut', {('a', 'u'): 1}, {}, 'one for another'),
        ('cat', 'ca', {('t', ''): 1}, {}, 'left out'),
        ('cat', 'cart', {('', 'r'): 1}, {}, 'put in'),
        ('', 'a', {('', 'a'): 1}, {}, 'read where nothing is'),
        ('ab', '', {('a', ''): 1, ('b', ''): 1}, {}, 'not read'),
        ('Cat', 'cAt', {}, {('C', 'c'): 1, ('a', 'A'): 1}, 'case is told apart'),
        ('STOP', 'stp', {('o', ''): 1}, {('S', 's'): 1, ('T', 't'): 1, ('P', 'p'): 1},
         'case does not mislead the alignment'),
        ('Cat', 'Dat', {('c', 'd'): 1}, {}, 'errors are counted without case'),
        ('İs', 'is', {('İ', 'i'): 1}, {}, 'a letter of two in lower case stays itself'),
    ],
)  # fmt: skip
def test_count_confusions_counts_characters(gt_text, text, cells, case, reason):
    found = count_confusions([gt_text], [text])
    assert (dict(found.cells), dict(found.case)) == (cells, case), reason
    assert found.characters == len(gt_text)
    assert found.errors == sum(cells.values())


def test_confusion_table_sorts_by_count():
    found = count_confusions(['oo', 'o', 'l|'], ['00', '0', '1'])
    assert most_frequent(found.cells, 2) == [(('o', '0'), 3), (('l', '1'), 1)]
    table = confusion_table(found, 30).splitlines()
    assert table[2:] == [
        '| `o` | `0` | 3 | 60.0 % |', '| `l` | `1` | 1 | 20.0 % |',
        '| `\\|` | (nothing) | 1 | 20.0 % |',
    ]  # fmt: skip


def test_most_frequent_sorts_equal_counts_by_character():
    cells = Counter({('b', 'x'): 1, ('a', 'y'): 1})
    assert [cell for cell, _ in most_frequent(cells, 2)] == [('a', 'y'), ('b', 'x')]


def test_case_table_contains_case_errors():
    found = count_confusions(['Ab', 'A'], ['aB', 'a'])
    assert case_table(found).splitlines()[2:] == [
        '| `A` | `a` | 2 | 66.7 % |', '| `b` | `B` | 1 | 33.3 % |',
    ]  # fmt: skip
