"""Rules by which a predicted text counts as correct."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RULES = ('alphanumeric', 'exact')


def normalize(text: str) -> str:
    """Case-folded letters and digits of a text, or the case-folded text if it has none."""
    kept = ''.join(character for character in text if character.isalnum())
    return (kept or text).casefold()


def is_right(text: str, gt_text: str, rule: str) -> bool:
    """Whether a predicted text is correct.

    Args:
        text: Predicted text.
        gt_text: gt text.
        rule: ``'exact'``, or ``'alphanumeric'``: only letters and digits, without regard to case.

    Raises:
        ValueError: If the rule is unknown.
    """
    if rule not in RULES:
        raise ValueError(f'rule must be one of {RULES}, got {rule!r}.')
    return text == gt_text if rule == 'exact' else normalize(text) == normalize(gt_text)


def judge(texts: Sequence[str], gt_texts: Sequence[str], rule: str) -> np.ndarray:
    """(N,) bool: which predicted texts are correct; see :func:`is_right`."""
    return np.array([is_right(t, g, rule) for t, g in zip(texts, gt_texts)], dtype=bool)
