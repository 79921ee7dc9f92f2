"""Spaces in CTC readings: where faint ones separate words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.recognition.ctc_reader import CTCReader

CHARACTERS = ['<BLANK>', 'a', 'b', ' ']


def columns(*best: tuple[str, float]) -> np.ndarray:
    """(T, 4) log probabilities: a best class, and the given probability of a space beside it."""
    rows = []
    for char, space in best:
        row = np.full(4, 1e-6)
        row['-ab '.index(char)] = 1 - space
        row[3] = max(row[3], space)
        rows.append(row / row.sum())
    return np.log(rows)


@pytest.mark.parametrize(
    ('space', 'text', 'gaps'), [(0.02, 'ab', []), (0.15, 'a b', [0.5]), (0.9, 'a b', [0.5])]
)
def test_a_blank_column_that_may_be_a_space_separates_words(space, text, gaps) -> None:
    log_probs = columns(('-', 0), ('a', 0), ('-', space), ('b', 0), ('-', 0))
    (reading,) = CTCReader(CHARACTERS, blank=0, word_break=3).read(log_probs[None])
    assert reading.text == text
    assert reading.gaps == pytest.approx(gaps)


def test_a_faint_space_does_not_replace_a_character_or_end_a_text() -> None:
    log_probs = columns(('-', 0.3), ('a', 0.3), ('b', 0.3), ('-', 0.3))
    (reading,) = CTCReader(CHARACTERS, blank=0, word_break=3).read(log_probs[None])
    assert (reading.text, reading.gaps) == ('ab', [])


def test_a_gap_class_that_is_no_character_has_no_lower_threshold() -> None:
    log_probs = columns(('a', 0), ('-', 0.3), ('b', 0))
    reader = CTCReader(['<BLANK>', 'a', 'b', '<GAP>'], 0, word_break=3, unwritten=[3])
    (reading,) = reader.read(log_probs[None])
    assert (reading.text, reading.gaps) == ('ab', [])
