"""Parts of words that were found a second time are dropped.

Two outlines of the detector can overlap, for example ``M 123`` and ``3 AB`` in large print. After
they are split, the ``3`` is a part of another word.
"""

from __future__ import annotations

from collections.abc import Sequence

import shapely

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
    kept = [word for word in words if word.reading.text and word.score >= min_score]
    shapes = [polygon_shape(word.polygon) for word in kept]
    tree = shapely.STRtree(shapes)
    dropped = set()
    for number, (word, shape) in enumerate(zip(kept, shapes)):
        for other in tree.query(shape):
            if other != number and _repeats(word, kept[other], is_first=number < other):
                shared = shape.intersection(shapes[other]).area
                if shared > _LEAST_OVERLAP * shape.area:
                    dropped.add(word)
    return [word for word in words if word not in dropped]


def _repeats(word: ReadWord, whole: ReadWord, is_first: bool) -> bool:
    """Whether the text of a word is a part of another one's, or equal to an earlier one's."""
    text, whole_text = word.reading.text.casefold(), whole.reading.text.casefold()
    if word.image_index != whole.image_index or text not in whole_text:
        return False
    return text != whole_text or not is_first
