"""Words that the detector has cut short are grown letter by letter.

A word that is not in the word lists of the language model may lack letters: ``storia`` for Astoria.
The word is read again in a longer outline. If the new text is the old one with further letters, all
of them certain, the new text and its outline replace the old ones, and the next letter is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.decisions.neighbours import is_free
from pipeline.decisions.outline_voting import Outline
from pipeline.geometry import grow_ring, ring_size
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import CropBatch, ReadWord, read_words

# Chosen on training images; see docs/experiments.md.
_STEP = 0.3  # Extension at each end, in heights of the word.
_LEAST_SCORE = 0.9  # of each new character, and of the mean character
_MOST_NEW = 2  # Largest number of new letters at one end per step.
_LEAST_LETTERS = 3
_MOST_STEPS = 8


def grow_words(
    images: Sequence[np.ndarray],
    words: Sequence[ReadWord],
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    is_known: Callable[[str], bool],
    min_score: float = 0.0,
) -> list[ReadWord]:
    """Add letters that the outlines of words have cut off.

    Args:
        images: Images of the words.
        words: N words.
        rectifier: Cuts out the longer outlines.
        read: Reads crops.
        is_known: Returns whether a text is a complete word as far as known. Such words are not
            grown.
        min_score: Words with a lower ``score`` are not grown.

    Returns:
        N words.
    """
    grown = list(words)
    active = [
        index
        for index, word in enumerate(words)
        if len(word.reading.text) >= _LEAST_LETTERS
        and word.reading.text.isalpha()
        and word.score >= min_score
        and not is_known(word.reading.text)
    ]
    for _ in range(_MOST_STEPS):
        if not active:
            break
        longer = [
            replace(
                grown[index],
                polygon=grow_ring(grown[index].polygon, _STEP, _STEP, 0.0).astype(np.float32),
            )
            for index in active
        ]
        following = []
        for index, found in zip(active, read_words(images, longer, rectifier, read)):
            word = _extend(grown[index], found.reading)
            if word is not None and is_free(word, grown[index], index, grown, min_score):
                grown[index] = word
                following.append(index)
        active = following
    return grown


def _extend(word: ReadWord, reading: Reading) -> ReadWord | None:
    """The word with the new letters of the longer outline, or None without new letters."""
    old, new = word.reading.text, reading.text
    start = new.find(old)
    if start < 0 or new == old:
        return None
    end = start + len(old)
    added = reading.char_scores[:start] + reading.char_scores[end:]
    certain = min(added) >= _LEAST_SCORE and reading.score ** (1 / len(new)) >= _LEAST_SCORE
    few = start <= _MOST_NEW and len(new) - end <= _MOST_NEW
    if not (certain and few and (new[:start] + new[end:]).isalpha()):
        return None
    # Only the ends with new letters are extended.
    before = 0.0 if start == 0 else _STEP
    after = 0.0 if end == len(new) else _STEP
    polygon = grow_ring(word.polygon, before, after, 0.0).astype(np.float32)
    height, width = ring_size(word.polygon)
    read_width = width + 2 * _STEP * height
    own = Outline(
        polygon, (_STEP - before) * height / read_width, 1 - (_STEP - after) * height / read_width
    )
    places = [own.place(place) for place in reading.char_places]
    return replace(word, polygon=polygon, reading=replace(reading, char_places=places, gaps=[]))
