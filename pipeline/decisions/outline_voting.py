"""Uncertain words are read from several outlines, and the readings vote.

This is test-time augmentation of the recognizer: a word that the detector has cut short, or that
is slanted in its crop, is often read correctly from a slightly different outline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry import box_along, grow_ring, join_sides, ring_size, split_sides
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import CropBatch, ReadWord, WordBatch, read_words

VOTE_BELOW = 0.9
"""Words with a ``char_score`` below this are read from several outlines.

This and the constants below were chosen on training images; see docs/experiments.md.
"""

_FIRST_BONUS = 0.5  # Additional weight of the first reading.
_GROWN = ((0.15, 0.15, 0.0), (0.0, 0.0, 0.1), (0.1, 0.1, 0.1))  # start, end, across
_SLANTED = (0.85, 0.7, 0.55, 0.4)
_CERTAIN = 0.99
_UPRIGHT_PX = 0.5  # A side is horizontal or vertical if its ends differ by less than this.


@dataclass(frozen=True, eq=False)
class Outline:
    """Another outline of a word.

    Args:
        polygon: (2k, 2), in reading order.
        start: Start of the original outline, as a share of the width of the new one.
        end: End of the original outline, as a share of the width of the new one.
        weight: Number of votes of its reading.
    """

    polygon: np.ndarray
    start: float = 0.0
    end: float = 1.0
    weight: int = 1

    def place(self, share: float) -> float:
        """Convert a place in the new outline to one in the original, both shares of the width."""
        return float(np.clip((share - self.start) / (self.end - self.start), 0.0, 1.0))


def grown_outlines(polygon: np.ndarray) -> list[Outline]:
    """Three larger outlines, for words that a detector has found: longer, higher, or both."""
    height, width = ring_size(polygon)
    outlines = []
    for start, end, across in _GROWN:
        whole = width + (start + end) * height
        grown = grow_ring(polygon, start, end, across).astype(np.float32)
        outlines.append(Outline(grown, start * height / whole, 1 - end * height / whole))
    return outlines


def slanted_outlines(polygon: np.ndarray) -> list[Outline]:
    """Eight slanted bands in an outline, for words that are cut by their upright box.

    A band has 0.85 to 0.4 of the height, and rises or falls from end to end.
    """
    top, bottom = split_sides(polygon)
    along = np.linspace(0, 1, len(top))[:, None]
    down = bottom - top
    outlines = []
    for share in _SLANTED:
        for lowered in (1 - along, along):
            above = (1 - share) * lowered
            below = (1 - share) - above
            outlines.append(Outline(join_sides(top + above * down, bottom - below * down)))
    return outlines


def is_box(polygon: np.ndarray) -> bool:
    """Whether a polygon has horizontal and vertical sides only."""
    sides = np.diff(polygon[[0, 1, 2, 3, 0]], axis=0) if len(polygon) == 4 else np.ones((1, 2))
    return bool((np.abs(sides).min(axis=1) < _UPRIGHT_PX).all())


def straighten_words(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    below: float,
) -> list[ReadWord]:
    """Replace uncertain words by a straight box where this is read with certainty.

    The box of a curved word runs along it. That of a single character is upright: the smallest
    rectangle around a 7 or an L is tilted.

    Args:
        images: Images of the words.
        words: N words.
        rectifier: Cuts out the boxes.
        read: Reads crops.
        below: Curved words and tilted characters with a lower ``char_score`` are tried.

    Returns:
        N words. The polygon of a replaced word is its box.
    """
    chosen = list(words)
    rows = [
        row
        for row, word in enumerate(words)
        if word.char_score < below
        and (len(word.polygon) > 4 or (len(word.reading.text) == 1 and not is_box(word.polygon)))
    ]
    boxes = [replace(words[row], polygon=_straight_box(words[row])) for row in rows]
    for row, straight in zip(rows, read_words(images, boxes, rectifier, read)):
        if straight.char_score >= _CERTAIN:
            chosen[row] = straight
    return chosen


def _straight_box(word: ReadWord) -> np.ndarray:
    if len(word.reading.text) == 1:
        return box_along(word.polygon, np.array([1.0, 0.0]))
    top, bottom = split_sides(word.polygon)
    return box_along(word.polygon, top[-1] + bottom[-1] - top[0] - bottom[0])


def vote_on_words(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    outlines_of: Callable[[np.ndarray, np.ndarray], list[Outline]],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    below: float,
    min_score: float = 0.0,
) -> list[ReadWord]:
    """Read uncertain words from several outlines, and keep the text with the most votes.

    Args:
        images: Images of the words.
        words: N words.
        outlines_of: Other outlines of the word at an image and a polygon.
        rectifier: Cuts out the words.
        read: Reads crops.
        below: Words with a lower ``char_score`` are uncertain. Empty words are not read again.
        min_score: Words with a lower ``score`` are not read again: they will be dropped.

    Returns:
        N words. Their polygons do not change.
    """
    uncertain = [
        index
        for index, word in enumerate(words)
        if word.reading.text and word.char_score < below and word.score >= min_score
    ]
    crops = CropBatch(WordBatch([], [], []), [], [], [])
    outlines: list[Outline] = []
    for number, index in enumerate(uncertain):
        word = words[index]
        others = outlines_of(images[word.image_index], word.polygon)
        polygons = [outline.polygon for outline in others]
        outlines += others
        crops.words.polygons.append(word.polygon)
        crops.words.det_scores.append(word.det_score)
        crops.words.image_index.append(word.image_index)
        crops.crops.extend(rectifier(images[word.image_index], polygons, vertical='keep'))
        crops.polygons.extend(polygons)
        crops.word_index.extend([number] * len(polygons))
    votes: list[list[Reading]] = [[] for _ in uncertain]
    if uncertain:
        for number, outline, reading in zip(crops.word_index, outlines, read(crops)):
            places = [outline.place(share) for share in reading.char_places]
            gaps = [outline.place(share) for share in reading.gaps]
            vote = replace(reading, char_places=places, gaps=gaps)
            votes[number] += [vote] * outline.weight
    chosen = list(words)
    for index, others_read in zip(uncertain, votes):
        best = choose_by_vote(words[index].reading, others_read)
        chosen[index] = replace(words[index], reading=best)
    return chosen


def choose_by_vote(first: Reading, others: Sequence[Reading]) -> Reading:
    """The first reading, or the best reading of the text with the most votes.

    The mean probability per character of the result is not above that of the first reading, so
    voting does not lift false detections above a threshold.

    Readings that differ only in case, spaces and punctuation vote together. The weight of a
    reading is the square of its geometric mean probability per character; the first reading has a
    bonus. Readings with more spaces than the first one do not vote: a larger outline may contain
    a part of the next word.
    """
    voters = [first] + [
        other for other in others if other.text and other.text.count(' ') <= first.text.count(' ')
    ]
    votes: defaultdict[str, float] = defaultdict(float, {_key(first.text): _FIRST_BONUS})
    exact: defaultdict[str, float] = defaultdict(float)
    for voter in voters:
        weight = voter.score ** (2 / len(voter.text))
        votes[_key(voter.text)] += weight
        exact[voter.text] += weight
    winner = max(votes, key=lambda key: votes[key])
    if winner == _key(first.text):
        return first
    text = max((text for text in exact if _key(text) == winner), key=lambda text: exact[text])
    best = max((voter for voter in voters if voter.text == text), key=lambda voter: voter.score)
    per_char = first.score ** (1 / len(first.text))
    return replace(best, score=min(best.score, per_char ** len(text)))


def _key(text: str) -> str:
    return ''.join(char for char in text.casefold() if char.isalnum()) or text
