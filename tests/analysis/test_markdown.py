from __future__ import annotations

import pytest

from pipeline.analysis.markdown import code, number, percent, ratio, table


def test_table_has_one_line_per_row():
    assert table(['words', 'number'], [['all', 3]]).splitlines() == [
        '| words | number |', '|---|---:|', '| all | 3 |',
    ]  # fmt: skip


def test_table_rejects_a_row_of_another_length():
    with pytest.raises(ValueError, match='wanted 2 cells per row, got 1'):
        table(['words', 'number'], [['all']])


@pytest.mark.parametrize(
    ('text', 'written'),
    [('a', '`a`'), ('|', '`\\|`'), ('`', '`` ` ``'), ('a`b', '``a`b``'), ('``', '``` `` ```')],
)
def test_code_accepts_any_text(text, written):
    assert code(text) == written


def test_number_is_a_dash_without_value():
    assert [number(None), number(float('nan')), ratio(1, 0), percent(0, 0)] == ['-'] * 4
    assert [number(0.25, 1), ratio(1, 3), percent(1, 8)] == ['0.2', '0.333', '12.5 %']
