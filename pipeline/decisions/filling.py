"""Words that the detector has missed on a line: between two others, or at the end of a code.

Two neighbours are read together with the gap between them. If the recognizer reads the first word,
further ones and the last word, the further ones are new words. This finds single characters, which
detectors of words often miss: ``7`` in ``KA 01 7 AB``, ``&`` in ``Herbs & Spices``. Words of a
few capitals or digits at the end of a line with a digit, as on number plates, are also read with
what is beyond the end: ``N`` in ``N PB 5987``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import shapely

from pipeline.decisions.neighbours import find_neighbours, other_shapes, outline_of_both
from pipeline.geometry import grow_ring, polygon_shape
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import CropBatch, ReadWord, WordBatch, rectify_once

# See docs/experiments.md.
_LEAST_GAP, _LARGEST_GAP = 0.6, 4.0  # in mean heights of the two words
_LEAST_CHAR_SCORE = 0.9  # of each character of a new word
_LARGEST_OVERLAP = 0.3  # of another word with the outline of the two
_LEAST_LINE_GAP = -0.8  # of neighbours, whose outlines can overlap
_BEYOND_END = 1.9  # Extension beyond the end of a line, in heights of its last word.
_CODE_LENGTHS = range(2, 6)  # Numbers of characters of words at the ends of codes.


def fill_gaps(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    min_score: float = 0.0,
) -> list[ReadWord]:
    """Find words in the gaps between others and single characters at the ends of codes.

    Args:
        images: Images of the words.
        words: N words.
        rectifier: Cuts out two words with their gap.
        read: Reads crops.
        min_score: Words with a lower ``score`` are not neighbours.

    Returns:
        The N words, and after them the new ones. The ``det_score`` of a new word is the lowest one
        of its neighbours.
    """
    pairs = _empty_gaps(words, min_score)
    ends = _ends_of_codes(words, min_score)
    if not pairs and not ends:
        return list(words)
    polygons = [outline_of_both(words[a].polygon, words[b].polygon) for a, b in pairs]
    polygons += [_beyond(words[number].polygon, is_start) for number, is_start in ends]
    index = [words[first].image_index for first, _ in [*pairs, *ends]]
    batch = WordBatch(polygons, [1.0] * len(polygons), index)
    readings = read(rectify_once(images, batch, rectifier))
    found = [
        word
        for (first, last), polygon, reading in zip(pairs, polygons, readings)
        for word in _words_between(words[first], words[last], polygon, reading, rectifier)
        if word.score >= min_score
    ]
    crops = zip(ends, polygons[len(pairs) :], readings[len(pairs) :])
    for (number, is_start), polygon, reading in crops:
        new = _character_at_end(words[number], is_start, polygon, reading, rectifier)
        if new is not None and new.score >= min_score:
            shape = polygon_shape(new.polygon)
            others = other_shapes([*words, *found], {number}, new.image_index, min_score)
            if all(
                shape.intersection(other).area <= _LARGEST_OVERLAP * shape.area for other in others
            ):
                found.append(new)
    return [*words, *found]


def _empty_gaps(words: Sequence[ReadWord], min_score: float) -> list[tuple[int, int]]:
    """Pairs of nearest neighbours without another word between them."""
    following: dict[int, int] = {}
    previous: dict[int, int] = {}
    for first, last in find_neighbours(words, min_score, _LEAST_GAP, _LARGEST_GAP):
        following.setdefault(first, last)
        previous.setdefault(last, first)
    pairs = [(first, last) for first, last in following.items() if previous[last] == first]
    kept = [
        number for number, word in enumerate(words) if word.reading.text and word.score >= min_score
    ]
    shapes = [polygon_shape(words[number].polygon) for number in kept] if pairs else []
    tree = shapely.STRtree(shapes)

    def is_empty(first: int, last: int) -> bool:
        whole = polygon_shape(outline_of_both(words[first].polygon, words[last].polygon))
        return not any(
            kept[i] not in (first, last)
            and words[kept[i]].image_index == words[first].image_index
            and whole.intersection(shapes[i]).area > _LARGEST_OVERLAP * shapes[i].area
            for i in tree.query(whole)
        )

    return [pair for pair in pairs if is_empty(*pair)]


def _ends_of_codes(words: Sequence[ReadWord], min_score: float) -> list[tuple[int, bool]]:
    """Words of capitals or digits at the ends of lines, and whether each one is at the start.

    The word or its neighbour must contain a digit.
    """
    pairs = find_neighbours(words, min_score, _LEAST_LINE_GAP, _LARGEST_GAP)
    with_next = {first for first, _ in pairs}
    with_previous = {last for _, last in pairs}
    has_digit = {
        number for pair in pairs if any(_has_digit(words[each]) for each in pair) for number in pair
    }
    ends = [(number, True) for number in sorted(with_next - with_previous)]
    ends += [(number, False) for number in sorted(with_previous - with_next)]
    return [end for end in ends if end[0] in has_digit and _is_code(words[end[0]].reading.text)]


def _has_digit(word: ReadWord) -> bool:
    return any(char.isdigit() for char in word.reading.text)


def _is_code(text: str) -> bool:
    return len(text) in _CODE_LENGTHS and text.isascii() and text.isalnum() and text == text.upper()


def _beyond(polygon: np.ndarray, is_start: bool) -> np.ndarray:
    before, after = (_BEYOND_END, 0.0) if is_start else (0.0, _BEYOND_END)
    return grow_ring(polygon, before, after, 0.0).astype(np.float32)


def _character_at_end(
    word: ReadWord, is_start: bool, polygon: np.ndarray, reading: Reading, rectifier: Rectifier
) -> ReadWord | None:
    """The single character beside a word, or None."""
    parts = _parts(polygon, reading, rectifier)
    if len(parts) != 2:
        return None
    (new, part), (same, _) = parts if is_start else parts[::-1]
    if same.text != word.reading.text or len(new.text) != 1 or not new.text.isalnum():
        return None
    if new.char_places:
        # The other side of the character is as far from its center as the gap.
        gap = 1.0 if is_start else 0.0
        other_side = 2 * new.char_places[0] - gap
        halves = rectifier.cut(part, [other_side]) if 0 < other_side < 1 else [part]
        part = halves[-1] if is_start else halves[0]
        left, right = (max(other_side, 0), 1) if is_start else (0, min(other_side, 1))
        new = replace(new, char_places=[(new.char_places[0] - left) / max(right - left, 1e-6)])
    is_certain = new.score >= _LEAST_CHAR_SCORE
    return ReadWord(part, new, word.det_score, word.image_index) if is_certain else None


def _words_between(
    first: ReadWord, last: ReadWord, polygon: np.ndarray, reading: Reading, rectifier: Rectifier
) -> list[ReadWord]:
    """The new words of a reading of two words with their gap."""
    parts = _parts(polygon, reading, rectifier)
    if len(parts) < 3:
        return []
    (start, _), (end, _) = parts[0], parts[-1]
    if _key(start.text) != _key(first.reading.text) or _key(end.text) != _key(last.reading.text):
        return []
    det_score = min(first.det_score, last.det_score)
    return [
        ReadWord(part, new, det_score, first.image_index)
        for new, part in parts[1:-1]
        if (_key(new.text) or new.text == '&') and min(new.char_scores) >= _LEAST_CHAR_SCORE
    ]


def _parts(
    polygon: np.ndarray, reading: Reading, rectifier: Rectifier
) -> list[tuple[Reading, np.ndarray]]:
    """The words of a reading with spaces, with their polygons.

    The list is empty if the numbers of words and polygons differ.
    """
    texts = reading.text.split(' ')
    polygons = rectifier.cut(polygon, reading.gaps) if reading.gaps else [polygon]
    if len(texts) != len(polygons) or not all(texts):
        return []
    borders = [0.0, *reading.gaps, 1.0]
    parts, start = [], 0
    for text, part, left, right in zip(texts, polygons, borders, borders[1:]):
        chars = slice(start, start + len(text))
        start += len(text) + 1
        scores = list(reading.char_scores[chars])
        places = [(place - left) / (right - left) for place in reading.char_places[chars]]
        parts.append((Reading(text, scores, float(np.prod(scores)), char_places=places), part))
    return parts


def _key(text: str) -> str:
    return ''.join(char for char in text.casefold() if char.isalnum())
