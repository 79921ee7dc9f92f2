"""Misspelled words, which a recognizer that trusts the scene too much would correct."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from pipeline.analysis.agreement import normalize
from pipeline.utils.misspelling import edit_word

_SHORTEST = 4
_TRIES = 20


def misspell(
    word: str, known: Collection[str], alphabet: Sequence[str], rng: np.random.Generator
) -> str | None:
    """Misspell a word by one edit; see :func:`edit_word`.

    Args:
        word: At least four characters.
        known: Forbidden results: words normalized by
            :func:`~pipeline.analysis.agreement.normalize`.
        alphabet: Letters that may replace a letter.
        rng: Random generator of the edits.

    Returns:
        The misspelling, or None if 20 tries gave only forbidden results.
    """
    for _ in range(_TRIES):
        wrong = edit_word(word, alphabet, rng)
        if normalize(wrong) not in known and normalize(wrong) != normalize(word):
            return wrong
    return None


def make_misspellings(
    words: Collection[str], count: int, longest: int, rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Draw words of a vocabulary and misspell them.

    Only words of at least four letters are drawn. Replacement letters come from the vocabulary, in
    the case of the word, so a recognizer of these words knows them.

    Args:
        words: Vocabulary.
        count: Number of pairs.
        longest: Largest length of a misspelling in characters.
        rng: Random generator of words and edits.

    Returns:
        Up to ``count`` (word, misspelling) pairs. The list is empty if no word is usable.
    """
    known = {normalize(word) for word in words}
    usable = sorted({w for w in words if w.isalpha() and _SHORTEST <= len(w) < longest})
    if not usable:
        return []
    letters = {character for word in usable for character in word}
    upper = sorted(c for c in letters if c.isupper()) or sorted(letters)
    lower = sorted(c for c in letters if not c.isupper()) or upper
    pairs: list[tuple[str, str]] = []
    for _ in range(_TRIES * count):
        if len(pairs) == count:
            break
        word = usable[rng.integers(len(usable))]
        wrong = misspell(word, known, upper if word[1:].isupper() else lower, rng)
        if wrong is not None:
            pairs.append((word, wrong))
    return pairs
