from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.lost_words import LostWords, count_lost_words
from pipeline.evaluation.scoring import ScoringRules, score_image
from pipeline.evaluation.words import Words


def words(texts: list[str], left: float = 0.0) -> Words:
    box = np.array([[0, 0], [40, 0], [40, 20], [0, 20]], dtype=float)
    return Words([box + [100 * i + left, 0] for i in range(len(texts))], texts)


def lost(gt: Words, det: Words, readings: list[str]) -> LostWords:
    return count_lost_words(gt, score_image(gt, det, ScoringRules(), ['e2e'])['e2e'], readings)


def test_count_lost_words_counts_each_gt_word_once() -> None:
    gt = words(['one', 'two', 'three', 'four'])
    det = words(['one', 'tw', 'tree'], left=2)
    counts = lost(gt, det, ['one', 'TWO', 'tree', 'four'])
    assert counts == LostWords(read=1, badly_cropped=1, misread=1, not_detected=1, read_at_gt=3)
    assert counts.total == 4


def test_count_lost_words_skips_dont_care_words() -> None:
    assert lost(words(['###', 'two']), words([]), ['x', 'two']).total == 1


def test_count_lost_words_compares_like_the_score() -> None:
    counts = lost(words(['Open!']), words(['open']), ['OPEN'])
    assert (counts.read, counts.read_at_gt) == (1, 1)


def test_lost_words_can_be_added() -> None:
    assert LostWords(1, 2, 3, 4, 5) + LostWords(read=1) == LostWords(2, 2, 3, 4, 5)


def test_count_lost_words_requires_all_readings() -> None:
    with pytest.raises(ValueError, match='2 gt words require 2 readings, got 1'):
        lost(words(['a', 'b']), words([]), ['a'])
