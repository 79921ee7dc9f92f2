"""Places of the characters of a text in the columns of a CTC classifier."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np


def align_text(log_probs: np.ndarray, text: Sequence[int], blanks: Collection[int]) -> list[float]:
    """Centers of the characters on the most probable CTC path of a text (Viterbi algorithm).

    Args:
        log_probs: (T, L) log probabilities of one crop.
        text: M classes, none of them a blank.
        blanks: Classes that are not written.

    Returns:
        M shares of the width from its left, rising. Empty if no path of T columns has the text.
    """
    states = 2 * len(text) + 1  # Blanks are before, between and after the characters.
    scores = np.empty((len(log_probs), states))
    scores[:, ::2] = log_probs[:, sorted(blanks)].max(1, keepdims=True)
    scores[:, 1::2] = log_probs[:, list(text)]
    may_skip = np.zeros(states, dtype=bool)  # The blank before a state may be left out.
    may_skip[3::2] = np.asarray(text[1:]) != np.asarray(text[:-1])
    best = np.full(states, -np.inf)
    best[:2] = scores[0, :2]
    steps = np.zeros(scores.shape, dtype=int)  # States between a state and the one before it.
    for column in range(1, len(scores)):
        ways = np.full((3, states), -np.inf)
        ways[0], ways[1, 1:] = best, best[:-1]
        ways[2, 2:] = np.where(may_skip[2:], best[:-2], -np.inf)
        steps[column] = ways.argmax(0)
        best = ways.max(0) + scores[column]
    state = states - 1 if best[-1] >= best[-2:][0] else states - 2
    if not np.isfinite(best[state]):
        return []
    columns: list[list[int]] = [[] for _ in text]
    for column in range(len(scores) - 1, -1, -1):
        if state % 2:
            columns[state // 2].append(column)
        state -= steps[column, state]
    return [(some[-1] + some[0] + 1) / 2 / len(scores) for some in columns]
