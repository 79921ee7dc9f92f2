"""All decisions on the words of a batch of images, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.decisions.enlarging import enlarge_words
from pipeline.decisions.filling import fill_gaps
from pipeline.decisions.growing import grow_words
from pipeline.decisions.joining import join_words
from pipeline.decisions.outline_voting import grown_outlines, straighten_words, vote_on_words
from pipeline.decisions.repeats import drop_repeats
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import (
    CropBatch,
    ReadWord,
    choose_orientations,
    choose_splits,
    rectify_words,
    split_words,
)


def decide_words(
    images: Sequence[np.ndarray],
    crops: CropBatch,
    rectifier: Rectifier,
    read: Callable[[CropBatch], list[Reading]],
    is_known: Callable[[str], bool],
    min_score: float,
    vote_below: float,
) -> list[ReadWord]:
    """Read the crops of detected words, and decide on the words.

    Args:
        images: Images of the words.
        crops: Crops of N words in their candidate orientations.
        rectifier: Rectifier of the recognizer.
        read: Reads crops.
        is_known: Returns whether a text is in the word lists; such words are complete.
        min_score: Words with a lower ``score`` will be dropped, so they take part in no decision.
        vote_below: Words with a lower ``char_score`` are uncertain: they are read from several
            outlines.

    Returns:
        The words: joined, split and completed, with the words found in gaps and without repeated
        parts.
    """
    words = choose_orientations(crops, read(crops))
    words = straighten_words(images, words, rectifier, read, vote_below)
    words = enlarge_words(images, words, rectifier, read, min_score)
    words = join_words(images, words, rectifier, read, min_score)
    split, counts = split_words(words, rectifier)
    part_crops = rectify_words(images, split, rectifier)
    parts = choose_orientations(part_crops, read(part_crops))
    words = choose_splits(words, parts, counts)
    words = vote_on_words(
        images, words, lambda _, ring: grown_outlines(ring), rectifier, read, vote_below, min_score
    )
    words = grow_words(images, words, rectifier, read, is_known, min_score)
    words = fill_gaps(images, words, rectifier, read, min_score)
    return drop_repeats(words, min_score)
