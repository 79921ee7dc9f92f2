"""Random edits of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def edit_word(word: str, alphabet: Sequence[str], rng: np.random.Generator) -> str:
    """Replace, double or delete a random letter, or swap it with the next one.

    Args:
        word: At least one letter.
        alphabet: Letters that may replace a letter.
        rng: Random generator of place, letter and kind of the edit.

    Returns:
        The edited word. It may equal ``word``.
    """
    i = int(rng.integers(len(word)))
    letter = str(rng.choice(list(alphabet)))
    kind = rng.integers(4)
    if kind == 0:
        return word[:i] + letter + word[i + 1 :]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2:
        return word[:i] + word[i + 1 :]
    return word[:i] + word[i : i + 2][::-1] + word[i + 2 :]
