"""Letters that are set wide, and were detected one by one, become one word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.geometry import box_along, ring_size, split_sides
from pipeline.recognition.ctc_reader import Reading
from pipeline.word_reading import ReadWord

# Limits for successive letters. Distances are those of the middles, in mean heights of the two.
_LARGEST_PITCH = 2.2
_LARGEST_OFFSET = 0.25
_LEAST_HEIGHT_RATIO = 0.7
_LARGEST_PITCH_RATIO = 1.4  # of the largest and the smallest distance in a word
_LEAST_LETTERS = 3


def join_letters(words: Sequence[ReadWord], min_score: float = 0.0) -> list[ReadWord]:
    """Join letters at regular distances on a line.

    Only single letters are joined, at least three of them: digits may be the cells of a table.

    Args:
        words: N words.
        min_score: Words with a lower ``score`` are not joined.

    Returns:
        At most N words, in order. A joined word replaces its first letter.
    """
    letters = [
        number
        for number, word in enumerate(words)
        if len(word.reading.text) == 1 and word.reading.text.isalpha() and word.score >= min_score
    ]
    if len(letters) < _LEAST_LETTERS:
        return list(words)
    joined: dict[int, ReadWord] = {}
    gone: set[int] = set()
    for chain in _chains([words[number] for number in letters]):
        parts = [letters[place] for place in chain]
        joined[parts[0]] = _join([words[number] for number in parts])
        gone.update(parts[1:])
    return [joined.get(number, word) for number, word in enumerate(words) if number not in gone]


def _chains(letters: Sequence[ReadWord]) -> list[list[int]]:
    """Runs of at least three letters, each the nearest one of the previous."""
    middles = np.stack([letter.polygon.mean(axis=0) for letter in letters])
    sides = [split_sides(letter.polygon) for letter in letters]
    along = np.stack([top[-1] + bottom[-1] - top[0] - bottom[0] for top, bottom in sides])
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    heights = np.array([ring_size(letter.polygon)[0] for letter in letters])
    image = np.array([letter.image_index for letter in letters])
    # [i, j]: letter j after letter i.
    between = middles[None] - middles[:, None]
    height = (heights[:, None] + heights[None]) / 2
    pitch = (between * along[:, None]).sum(-1) / height
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    offset = np.abs((between * normal[:, None]).sum(-1)) / height
    ratio = np.minimum(heights[:, None], heights[None]) / np.maximum(heights[:, None], heights)
    near = (
        (image[:, None] == image)
        & (pitch > 0)
        & (pitch < _LARGEST_PITCH)
        & (offset < _LARGEST_OFFSET)
        & (ratio > _LEAST_HEIGHT_RATIO)
    )
    distance = np.where(near, pitch, np.inf)
    following = distance.argmin(axis=1)
    has_next = np.isfinite(distance.min(axis=1))
    starts = set(range(len(letters))) - {int(j) for i, j in enumerate(following) if has_next[i]}
    chains = []
    used: set[int] = set()
    for start in sorted(starts):
        chain = [start]
        while has_next[chain[-1]] and int(following[chain[-1]]) not in used | set(chain):
            chain.append(int(following[chain[-1]]))
        steps = np.linalg.norm(np.diff(middles[chain], axis=0), axis=1)
        if len(chain) >= _LEAST_LETTERS and steps.max() <= _LARGEST_PITCH_RATIO * steps.min():
            chains.append(chain)
            used.update(chain)
    return chains


def _join(letters: Sequence[ReadWord]) -> ReadWord:
    first, last = letters[0].polygon, letters[-1].polygon
    direction = last.mean(axis=0) - first.mean(axis=0)
    polygon = box_along(np.concatenate([letter.polygon for letter in letters]), direction)
    start, width = polygon[0], float(np.hypot(*(polygon[1] - polygon[0])))
    unit = (polygon[1] - polygon[0]) / max(width, 1e-6)
    places = [
        float((letter.polygon.mean(axis=0) - start) @ unit / max(width, 1e-6)) for letter in letters
    ]
    reading = Reading(
        text=''.join(letter.reading.text for letter in letters),
        char_scores=[score for letter in letters for score in letter.reading.char_scores],
        score=float(np.prod([letter.reading.score for letter in letters])),
        char_places=places,
    )
    det_score = float(np.mean([letter.det_score for letter in letters]))
    return ReadWord(polygon, reading, det_score, letters[0].image_index)
