"""Words that the detector has cut in two are joined.

Neighbours on a line with hardly any gap are read together. If the recognizer sees no space between
them and is certain, they are one word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.decisions.neighbours import find_neighbours, outline_of_both
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import CropBatch, ReadWord, WordBatch, rectify_once

# Limits for two parts of a word, chosen on training images (docs/experiments.md).
_LEAST_GAP, _LARGEST_GAP = -0.8, 0.2
_LEAST_CHAR_SCORE = 0.9
_SEPARATORS = '.,:;'


def join_words(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    min_score: float = 0.0,
) -> list[ReadWord]:
    """Join words that were detected in parts.

    Args:
        images: Images of the words.
        words: N words, before merged words are split.
        rectifier: Cuts out the joined words.
        read: Reads crops.
        min_score: Words with a lower ``score`` are not joined.

    Returns:
        At most N words, in order. A joined word replaces its first part.
    """
    current = list(words)
    tried: set[tuple[ReadWord, ReadWord]] = set()
    while True:
        pairs = [
            (first, second)
            for first, second in find_neighbours(current, min_score, _LEAST_GAP, _LARGEST_GAP)
            if (current[first], current[second]) not in tried
        ]
        if not pairs:
            return current
        tried |= {(current[first], current[second]) for first, second in pairs}
        polygons = [outline_of_both(current[a].polygon, current[b].polygon) for a, b in pairs]
        index = [current[first].image_index for first, _ in pairs]
        batch = WordBatch(polygons, [1.0] * len(polygons), index)
        readings = read(rectify_once(images, batch, rectifier))
        used: set[int] = set()
        gone: set[int] = set()
        for (first, second), polygon, reading in zip(pairs, polygons, readings):
            parts = current[first], current[second]
            if used & {first, second} or not _is_one_word(reading, *parts):
                continue
            score = max(part.det_score for part in parts)
            current[first] = ReadWord(polygon, reading, score, parts[0].image_index)
            used |= {first, second}
            gone.add(second)
        if not gone:
            return current
        current = [word for number, word in enumerate(current) if number not in gone]


def _is_one_word(reading: Reading, first: ReadWord, second: ReadWord) -> bool:
    """Whether the reading of two words together shows a single word."""
    apart = first.reading.text + second.reading.text
    text = reading.text
    return (
        not reading.gaps
        and ' ' not in text
        and len(text) >= max(len(apart) - 1, 2)
        and all(text.count(mark) <= apart.count(mark) for mark in _SEPARATORS)
        and reading.score ** (1 / len(text)) >= _LEAST_CHAR_SCORE
    )
