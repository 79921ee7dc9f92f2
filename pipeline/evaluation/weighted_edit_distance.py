"""Edit distance weighted by character scores, after Mask TextSpotter (arXiv 1908.08207)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.evaluation.lexicon import Lexicon, LexiconMatch

_BEYOND = 100.0


def weighted_edit_distance(
    text: str, word: str, scores: np.ndarray, row_of: Mapping[str, int]
) -> float:
    """Cost of the cheapest edits that turn a recognized text into a lexicon word.

    Deleting a character costs its score. Inserting a character costs the mean score of its two
    neighbors in the text. Replacing a character costs
    ``max(1 - 5 * score(new) / score(old), 0)``, or 0 if both are equal.

    Args:
        text: T recognized characters.
        word: Lexicon word, in the case of ``text``.
        scores: (C, T) score of every class at every character of ``text``. The sums have the same
            dtype.
        row_of: Character -> its row in ``scores``.

    Raises:
        ValueError: If ``scores`` has fewer columns than ``text`` has characters, or a character has
            no row.
    """
    if scores.ndim != 2 or scores.shape[1] < len(text):
        raise ValueError(f'scores must be (C, {len(text)}) for {text!r}, got {scores.shape}.')
    unknown = (set(text) | set(word)) - set(row_of)
    if unknown:
        raise ValueError(f'Characters {sorted(unknown)} have no row in the scores.')
    table = np.zeros((len(word) + 1, len(text) + 1), dtype=scores.dtype)
    table[0] = np.arange(len(text) + 1)
    table[:, 0] = np.arange(len(word) + 1)
    own = [scores[row_of[c], t] for t, c in enumerate(text)]
    for i, new in enumerate(word, start=1):
        for j, old in enumerate(text, start=1):
            delete = own[j - 1]
            insert = (own[j - 1] + own[j]) / 2 if j < len(text) else own[j - 1]
            replace = 0 if new == old else max(1 - scores[row_of[new], j - 1] / own[j - 1] * 5, 0)
            table[i, j] = min(
                table[i - 1, j] + insert, table[i, j - 1] + delete, table[i - 1, j - 1] + replace
            )
    return float(table[-1, -1])


def fold_case(scores: np.ndarray, row_of: Mapping[str, int]) -> tuple[np.ndarray, dict[str, int]]:
    """Merge the classes of the two cases of a letter by their higher score, as TESTR does.

    Args:
        scores: (C, T) character scores.
        row_of: Character -> row.

    Returns:
        (C', T) scores, and upper-case character -> row.
    """
    upper = list(dict.fromkeys(c.upper() for c in row_of if len(c.upper()) == 1))
    rows = []
    for character in upper:
        cases = {row_of[c] for c in (character, character.lower()) if c in row_of}
        rows.append(scores[sorted(cases)].max(axis=0))
    return np.stack(rows), {character: i for i, character in enumerate(upper)}


def match_weighted(
    text: str,
    lexicon: Lexicon,
    scores: np.ndarray,
    row_of: Mapping[str, int],
    preselect: int | None = 2,
) -> LexiconMatch:
    """Find the lexicon word with the smallest weighted distance. The first of equals wins.

    Args:
        text: Recognized text, in any case.
        lexicon: Lexicon to search.
        scores: (C, T) character scores; see :func:`weighted_edit_distance`.
        row_of: Upper-case character -> row.
        preselect: Largest excess of the plain edit distance over the smallest one. Words with a
            greater excess are not compared. Mask TextSpotter uses 2; None compares all words
            (TESTR).
    """
    text = text.upper()
    candidates = list(range(len(lexicon.keys)))
    if preselect is not None and len(lexicon.keys):
        plain = [Levenshtein.distance(text, key) for key in lexicon.keys]
        nearest = min(*plain, int(_BEYOND))
        candidates = [i for i in candidates if plain[i] <= nearest + preselect]
    best = LexiconMatch('', _BEYOND)
    for i in candidates:
        distance = weighted_edit_distance(text, lexicon.keys[i], scores, row_of)
        if distance < best.distance:
            best = LexiconMatch(lexicon.originals[i], distance)
    return best
