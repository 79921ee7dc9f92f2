"""Words whose outlines cut off so much that they cannot be read get a larger outline.

A word that the detector has found with certainty may be unreadable, because its outline is much too
low or too short. It is read again in larger outlines. If two of them are read with certainty and
have the same text, the word gets this text and the smaller one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.decisions.neighbours import is_free
from pipeline.geometry import grow_ring, ring_size
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import CropBatch, ReadWord, read_words

# Chosen on training images; see docs/experiments.md.
_ALONG = 0.3  # Extension at each end, in heights of the word.
_ACROSS = 0.3  # Extension above and below, in heights, of the outline that is read first.
_OTHERS = (0.15, 0.5)  # The same of the outlines that confirm it.
_LEAST_SCORE = 0.95  # of the mean character
_LEAST_CHARACTERS = 2
_LEAST_HEIGHT_PX = 12  # of the outline


def enlarge_words(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    min_score: float,
) -> list[ReadWord]:
    """Read unreadable words in larger outlines.

    Args:
        images: Images of the words.
        words: N words.
        rectifier: Cuts out the larger outlines.
        read: Reads crops.
        min_score: Words with a ``det_score`` of at least this and a lower ``score`` are read again,
            unless they are very small.

    Returns:
        N words.
    """
    larger = {
        index: _enlarge(word, _ACROSS)
        for index, word in enumerate(words)
        if word.det_score >= min_score > word.score
        and ring_size(word.polygon)[0] >= _LEAST_HEIGHT_PX
    }
    certain = {
        index: word
        for index, word in zip(larger, read_words(images, list(larger.values()), rectifier, read))
        if word.char_score >= _LEAST_SCORE
        and len(word.reading.text) >= _LEAST_CHARACTERS
        and word.reading.text.isalnum()
    }
    rows = [(index, across) for index in certain for across in _OTHERS]
    others = read_words(
        images, [_enlarge(words[index], across) for index, across in rows], rectifier, read
    )
    chosen = list(words)
    for (index, across), other in zip(rows, others):
        first = certain[index]
        confirms = other.char_score >= _LEAST_SCORE and other.reading.text == first.reading.text
        if confirms and chosen[index] is words[index]:
            smaller = other if across < _ACROSS else first
            if is_free(smaller, words[index], index, chosen, min_score):
                chosen[index] = smaller
    return chosen


def _enlarge(word: ReadWord, across: float) -> ReadWord:
    polygon = grow_ring(word.polygon, _ALONG, _ALONG, across).astype(np.float32)
    return replace(word, polygon=polygon)
