from __future__ import annotations

import pytest

from pipeline.analysis.markdown import code, number, percent, ratio, table


def test_a_table_has_a_line_a_row():
    assert table(['words', 'number'], [['all', 3]]).splitlines() == [
        '| words | number |', '|---|---:|', '| all | 3 |',
    ]  # fmt: skip


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match='wanted 2 cells a row, got 1'):
        table(['words', 'number'], [['all']])


@pytest.mark.parametrize(
    ('text', 'written'),
    [('a', '`a`'), ('|', '`\\|`'), ('`', '`` ` ``'), ('a`b', '``a`b``'), ('``', '``` `` ```')],
)
def test_any_text_can_stand_in_a_cell(text, written):
    assert code(text) == written


def test_what_has_no_number_is_a_dash():
    assert [number(None), number(float('nan')), ratio(1, 0), percent(0, 0)] == ['-'] * 4
    assert [number(0.25, 1), ratio(1, 3), percent(1, 8)] == ['0.2', '0.333', '12.5 %']
