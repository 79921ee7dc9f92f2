"""Edit distance that trusts sure characters more, after Mask TextSpotter (arXiv 1908.08207)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.evaluation.lexicon import Lexicon, LexiconMatch

_BEYOND = 100.0


def weighted_edit_distance(
    text: str, word: str, scores: np.ndarray, row_of: Mapping[str, int]
) -> float:
    """Measure how much it costs to turn a recognized text into a lexicon word.

    Deleting a character costs its score, so doubtful ones go cheaply. Inserting costs the mean
    score of the two characters around. Replacing costs ``1 - 5 * score(new) / score(old)``, at
    least 0; equal characters cost nothing.

    Args:
        text: T recognized characters.
        word: The lexicon word, in the same case.
        scores: (C, T) score of every class at every character of ``text``. Sums are kept in its
            precision.
        row_of: Character -> its row in ``scores``.

    Raises:
        ValueError: If ``scores`` has fewer columns than ``text`` has characters, or a character
            has no row.
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
    """Join the classes of a letter's two cases, taking the higher score (TESTR's reading).

    Args:
        scores: (C, T).
        row_of: Character -> row, upper and lower case apart.

    Returns:
        (C', T) scores and the rows of upper-case characters.
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
    """Find the first lexicon word of least weighted distance.

    Args:
        text: Recognized text, any case.
        lexicon: Where to look.
        scores: (C, T); see :func:`weighted_edit_distance`.
        row_of: Upper-case character -> row.
        preselect: Look only at words whose plain edit distance exceeds the least one by at most
            this much (Mask TextSpotter: 2); None looks at all (TESTR).
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
