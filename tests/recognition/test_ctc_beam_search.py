"""CTC beam search with a language model."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pipeline.recognition.language import DIGIT, SYMBOL, ctc_beam_search
from pipeline.recognition.language.letter_ngrams import LetterNgrams

# Classes: a blank, a gap that acts as a blank, and four characters.
BLANKS = (0, 1)
CHARACTERS = {2: 'a', 3: 'b', 4: 'c', 5: '7'}
LETTERS = [SYMBOL, SYMBOL, 0, 1, 2, DIGIT]
NGRAMS = LetterNgrams({'abc': 1, 'cab': 1})


def draw_columns(seed: int, columns: int = 5) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(0, 1.5, (columns, 6))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def sum_paths(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """Probability of each reading, summed over all paths that collapse to it."""
    readings: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(6), repeat=len(log_probs)):
        runs = [key for key, _ in itertools.groupby(0 if c in BLANKS else c for c in path)]
        reading = tuple(key for key in runs if key)
        prob = np.exp(sum(row[c] for row, c in zip(log_probs, path)))
        readings[reading] = readings.get(reading, 0.0) + prob
    return readings


def spell(reading: tuple[int, ...]) -> str:
    return ''.join(CHARACTERS[c] for c in reading)


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('weight', [0.0, 0.7])
def test_beam_search_ranks_by_the_sum_over_paths(seed: int, weight: float) -> None:
    log_probs = draw_columns(seed)
    found = ctc_beam_search(
        log_probs, BLANKS, LETTERS, NGRAMS, weight, beam_width=10_000, prune_below=-100.0
    )
    readings = sum_paths(log_probs)
    total = {r: np.log(p) + weight * NGRAMS.log_prob(spell(r)) for r, p in readings.items()}
    assert set(found) == set(total)
    values = [total[reading] for reading in found]
    assert values == pytest.approx(sorted(total.values(), reverse=True))


def test_beam_search_uses_the_language_model() -> None:
    probs = np.full((3, 6), 0.01)
    probs[0, 2] = probs[2, 4] = 0.95  # a?c
    probs[1, [3, 5]] = 0.4, 0.55  # 7 rather than b
    log_probs = np.log(probs / probs.sum(1, keepdims=True))
    alone = ctc_beam_search(log_probs, BLANKS, LETTERS, NGRAMS, lm_weight=0.0)
    helped = ctc_beam_search(log_probs, BLANKS, LETTERS, NGRAMS, lm_weight=0.5)
    assert [spell(readings[0]) for readings in (alone, helped)] == ['a7c', 'abc']


def test_beam_search_repeats_letters_only_after_a_blank() -> None:
    columns = np.full((3, 6), -20.0)
    columns[[0, 2], 2] = 0.0
    columns[1, 1] = 0.0  # The gap acts as a blank.
    assert spell(ctc_beam_search(columns, BLANKS, LETTERS, NGRAMS, 0.0)[0]) == 'aa'
    columns[1] = columns[0]
    assert spell(ctc_beam_search(columns, BLANKS, LETTERS, NGRAMS, 0.0)[0]) == 'a'


def test_beam_search_returns_beam_width_hypotheses() -> None:
    assert len(ctc_beam_search(draw_columns(0), BLANKS, LETTERS, NGRAMS, 0.4, beam_width=3)) == 3
