"""Words that the detector has missed between two others on a line.

Two neighbours are read together with the gap between them. If the recognizer reads the first word,
further ones and the last word, the further ones are new words. This finds single characters, which
detectors of words often miss: ``7`` in ``KA 01 7 AB``, ``&`` in ``Herbs & Spices``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.decisions.neighbours import find_neighbours, outline_of_both
from pipeline.geometry import polygon_shape
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import CropBatch, ReadWord, WordBatch, rectify_once

# Chosen on training images; see docs/experiments.md.
_LEAST_GAP, _LARGEST_GAP = 0.6, 4.0  # in mean heights of the two words
_LEAST_CHAR_SCORE = 0.9  # of each character of a new word
_LARGEST_OVERLAP = 0.3  # of another word with the outline of the two


def fill_gaps(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    min_score: float = 0.0,
) -> list[ReadWord]:
    """Find words in the gaps between others.

    Args:
        images: Images of the words.
        words: N words.
        rectifier: Cuts out two words with their gap.
        read: Reads crops.
        min_score: Words with a lower ``score`` are not neighbours.

    Returns:
        The N words, and after them the new ones. The ``det_score`` of a new word is the lower one
        of its neighbours.
    """
    pairs = _empty_gaps(words, min_score)
    if not pairs:
        return list(words)
    polygons = [outline_of_both(words[a].polygon, words[b].polygon) for a, b in pairs]
    index = [words[first].image_index for first, _ in pairs]
    batch = WordBatch(polygons, [1.0] * len(polygons), index)
    readings = read(rectify_once(images, batch, rectifier))
    found = [
        word
        for (first, last), polygon, reading in zip(pairs, polygons, readings)
        for word in _words_between(words[first], words[last], polygon, reading, rectifier)
        if word.score >= min_score
    ]
    return [*words, *found]


def _empty_gaps(words: Sequence[ReadWord], min_score: float) -> list[tuple[int, int]]:
    """Pairs of nearest neighbours without another word between them."""
    following: dict[int, int] = {}
    previous: dict[int, int] = {}
    for first, last in find_neighbours(words, min_score, _LEAST_GAP, _LARGEST_GAP):
        following.setdefault(first, last)
        previous.setdefault(last, first)
    pairs = [(first, last) for first, last in following.items() if previous[last] == first]
    return [pair for pair in pairs if _is_empty(pair, words, min_score)]


def _is_empty(pair: tuple[int, int], words: Sequence[ReadWord], min_score: float) -> bool:
    first, last = (words[number] for number in pair)
    whole = polygon_shape(outline_of_both(first.polygon, last.polygon))
    others = (
        polygon_shape(word.polygon)
        for number, word in enumerate(words)
        if number not in pair
        and word.image_index == first.image_index
        and word.reading.text
        and word.score >= min_score
    )
    return all(whole.intersection(other).area <= _LARGEST_OVERLAP * other.area for other in others)


def _words_between(
    first: ReadWord, last: ReadWord, polygon: np.ndarray, reading: Reading, rectifier: Rectifier
) -> list[ReadWord]:
    """The new words of a reading of two words with their gap."""
    texts = reading.text.split(' ')
    parts = rectifier.cut(polygon, reading.gaps) if reading.gaps else []
    as_read = _key(texts[0]) == _key(first.reading.text), _key(texts[-1]) == _key(last.reading.text)
    if not all(as_read) or not 3 <= len(texts) == len(parts):
        return []
    borders = [0.0, *reading.gaps, 1.0]
    det_score = min(first.det_score, last.det_score)
    found, start = [], 0
    for number, (text, part) in enumerate(zip(texts, parts)):
        chars = slice(start, start + len(text))
        start += len(text) + 1
        scores = reading.char_scores[chars]
        is_new = 0 < number < len(texts) - 1
        if is_new and (_key(text) or text == '&') and min(scores) >= _LEAST_CHAR_SCORE:
            left, right = borders[number], borders[number + 1]
            places = [(place - left) / (right - left) for place in reading.char_places[chars]]
            new = Reading(text, list(scores), float(np.prod(scores)), char_places=places)
            found.append(ReadWord(part, new, det_score, first.image_index))
    return found


def _key(text: str) -> str:
    return ''.join(char for char in text.casefold() if char.isalnum())
