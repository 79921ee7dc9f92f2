"""Words that a reader who trusts the scene more than the letters would correct."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from pipeline.analysis.agreement import normalize

_SHORTEST = 4
_TRIES = 20


def misspell(
    word: str, known: Collection[str], alphabet: Sequence[str], rng: np.random.Generator
) -> str | None:
    """Write a word wrongly: another letter, one too many, one too few, or two exchanged.

    Args:
        word: At least four characters.
        known: Normalized words (:func:`~pipeline.analysis.agreement.normalize`) that the result
            must not be.
        alphabet: Letters to put in.
        rng: Chooses place and kind.

    Returns:
        The misspelling, or None where none was found that is no word.
    """
    for _ in range(_TRIES):
        i = int(rng.integers(len(word)))
        letter = str(rng.choice(list(alphabet)))
        kind = rng.integers(4)
        if kind == 0:
            wrong = word[:i] + letter + word[i + 1 :]
        elif kind == 1:
            wrong = word[:i] + word[i] + word[i:]
        elif kind == 2:
            wrong = word[:i] + word[i + 1 :]
        else:
            wrong = word[:i] + word[i : i + 2][::-1] + word[i + 2 :]
        if normalize(wrong) not in known and normalize(wrong) != normalize(word):
            return wrong
    return None


def make_misspellings(
    words: Collection[str], count: int, longest: int, rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Draw words of a vocabulary and misspell them.

    Only words of letters are taken, four at least. Letters put in are those of the vocabulary
    itself, in the case of the word, so that any recognizer of these words knows them.

    Args:
        words: The vocabulary.
        count: Pairs wanted.
        longest: Most characters of a misspelling.
        rng: Draws words and mistakes.

    Returns:
        (word, misspelling) pairs: ``count`` of them, or none where no word will do.
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
