"""Parts of words that were found a second time are dropped.

Two outlines of the detector can overlap, for example ``M 123`` and ``3 AB`` in large print. After
they are split, the ``3`` is a part of another word.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.geometry import polygon_shape
from pipeline.word_reading import ReadWord

_LEAST_OVERLAP = 0.6  # of the repeated word with the other one


def drop_repeats(words: Sequence[ReadWord], min_score: float = 0.0) -> list[ReadWord]:
    """Drop words inside of another word whose text contains theirs.

    Args:
        words: N words.
        min_score: Words with a lower ``score`` are neither dropped nor compared.

    Returns:
        At most N words, in order. Of two equal words the first one is kept.
    """
    kept = [
        number for number, word in enumerate(words) if word.reading.text and word.score >= min_score
    ]
    shapes = {number: polygon_shape(words[number].polygon) for number in kept}

    def repeats(number: int, other: int) -> bool:
        word, whole = words[number], words[other]
        text, whole_text = word.reading.text.casefold(), whole.reading.text.casefold()
        if number == other or word.image_index != whole.image_index or text not in whole_text:
            return False
        if text == whole_text and number < other:
            return False
        shared = shapes[number].intersection(shapes[other]).area
        return bool(shared > _LEAST_OVERLAP * shapes[number].area)

    dropped = {number for number in kept if any(repeats(number, other) for other in kept)}
    return [word for number, word in enumerate(words) if number not in dropped]
