"""When a reading counts as right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RULES = ('alphanumeric', 'exact')


def normalize(text: str) -> str:
    """Letters and digits without case; a text that has none stays as it is."""
    kept = ''.join(character for character in text if character.isalnum())
    return (kept or text).casefold()


def is_right(text: str, gt_text: str, rule: str) -> bool:
    """Compare a reading with what is written.

    Args:
        text: The reading.
        gt_text: What is written.
        rule: ``'exact'``, or ``'alphanumeric'``: letters and digits alone, without case.

    Raises:
        ValueError: If the rule is neither.
    """
    if rule not in RULES:
        raise ValueError(f'rule must be one of {RULES}, got {rule!r}.')
    return text == gt_text if rule == 'exact' else normalize(text) == normalize(gt_text)


def judge(texts: Sequence[str], gt_texts: Sequence[str], rule: str) -> np.ndarray:
    """(N,) bool: which readings are right."""
    return np.array([is_right(t, g, rule) for t, g in zip(texts, gt_texts)], dtype=bool)
