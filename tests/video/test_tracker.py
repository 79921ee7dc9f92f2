from __future__ import annotations

import numpy as np
import pytest

from pipeline.structures import Word
from pipeline.video import WordTracker


def word(text: str, x: float, y: float = 0.0, score: float = 0.5) -> Word:
    polygon = np.array([[x, y], [x + 60, y], [x + 60, y + 20], [x, y + 20]], np.float32)
    return Word(polygon, text, score, 1.0)


def numbers(tracker: WordTracker, time_s: float, *words: Word) -> list[int]:
    return [track.number for track in tracker.update(time_s, words)]


def test_tracks_follow_words_and_keep_the_best_text() -> None:
    tracker = WordTracker()
    assert numbers(tracker, 0.0, word('OPEN', 0), word('EXIT', 200)) == [1, 2]
    # The order changes, OPEN moves and is misread, and EXIT is clearer.
    assert numbers(tracker, 0.2, word('EXIT', 203, score=0.9), word('0PEN', 20)) == [2, 1]
    assert numbers(tracker, 0.4, word('OPEN', 40, score=0.8)) == [1]
    first, second = (track.record() for track in tracker.tracks)
    assert (first['text'], first['first'], first['last'], first['frames']) == ('OPEN', 0, 0.4, 3)
    assert (second['text'], second['score'], second['last']) == ('EXIT', 0.9, 0.2)


@pytest.mark.parametrize(
    ('text', 'x', 'track'),
    [
        ('SALE', 10, 1),  # another text at the same place is a misreading
        ('OPEN', 55, 1),  # the same text beside it is a fast movement
        ('SALE', 55, 2),
        ('OPEN', 900, 2),
    ],
)
def test_track_requires_overlap_or_a_near_similar_text(text: str, x: float, track: int) -> None:
    tracker = WordTracker()
    numbers(tracker, 0.0, word('OPEN', 0))
    assert numbers(tracker, 0.1, word(text, x)) == [track]


def test_equal_texts_win_over_a_larger_overlap() -> None:
    tracker = WordTracker()
    numbers(tracker, 0.0, word('A1', 0), word('A2', 30))
    # The new A1 overlaps the old A2 by more than the old A1.
    assert numbers(tracker, 0.1, word('A2', 45), word('A1', 20)) == [2, 1]


def test_track_ends_after_the_gap() -> None:
    tracker = WordTracker(max_gap_s=1.0)
    numbers(tracker, 0.0, word('OPEN', 0))
    assert numbers(tracker, 0.5) == []
    assert numbers(tracker, 1.0, word('OPEN', 0)) == [1]
    assert numbers(tracker, 2.5, word('OPEN', 0)) == [2]
