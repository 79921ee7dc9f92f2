"""Comparison of predicted texts with gt texts."""

from __future__ import annotations

from typing import Literal

StripRule = Literal['edge', 'all']

SPECIAL_CHARACTERS = '!?.:,*"()·[]/\''
"""Punctuation that may be missing at the ends of a predicted word."""

_VOCABULARY_RANGES = (('a', 'z'), ('A', 'Z'), ('À', 'ƿ'), ('Ǆ', 'ɿ'), ('Ά', 'Ͽ'), ('-', '-'))
_NOT_LETTERS = '×÷·'  # Inside the ranges above, but not letters.
_TO_BLANK = str.maketrans(dict.fromkeys(SPECIAL_CHARACTERS, ' '))


def texts_match(gt_text: str, det_text: str, strip: StripRule = 'edge') -> bool:
    """Compare texts by the end-to-end rule, without regard to case.

    Args:
        gt_text: gt text.
        det_text: Predicted text.
        strip: ``edge``: one special character at either end of the gt text may be missing in the
            prediction. ``all``: all special characters at both ends of both texts are ignored.

    Returns:
        Whether the texts match. With ``edge``, an empty gt text matches only an empty prediction.

    Raises:
        ValueError: If ``strip`` is unknown.
    """
    gt_text, det_text = gt_text.upper(), det_text.upper()
    if strip == 'all':
        return gt_text.strip(SPECIAL_CHARACTERS) == det_text.strip(SPECIAL_CHARACTERS)
    if strip != 'edge':
        raise ValueError(f"strip must be 'edge' or 'all', got {strip!r}.")
    if gt_text == det_text:
        return True
    if not gt_text:
        return False
    first, last = gt_text[0] in SPECIAL_CHARACTERS, gt_text[-1] in SPECIAL_CHARACTERS
    return (
        (first and gt_text[1:] == det_text)
        or (last and gt_text[:-1] == det_text)
        or (first and last and gt_text[1:-1] == det_text)
    )


def spotted(gt_word: str, det_text: str) -> bool:
    """Compare a word of :func:`vocabulary_word` with a predicted text, without regard to case."""
    return gt_word.upper() == det_text.upper()


def vocabulary_word(text: str, min_length: int = 3) -> str | None:
    """Clean a gt text for word spotting.

    A possessive ending and outer hyphens are removed, special characters are replaced by blanks,
    and outer blanks are removed.

    Args:
        text: gt text.
        min_length: Least length of a vocabulary word.

    Returns:
        The cleaned word, or None if it is not a vocabulary word: it has several words, is too
        short, or contains a character that is not a Latin or Greek letter or a hyphen. In word
        spotting such gt words are don't-care.
    """
    if text.endswith(("'s", "'S")):
        text = text[:-2]
    word = text.strip('-').translate(_TO_BLANK).strip()
    if ' ' in word or len(word) < min_length:
        return None
    return word if all(_is_vocabulary_character(c) for c in word) else None


def _is_vocabulary_character(character: str) -> bool:
    return character not in _NOT_LETTERS and any(
        first <= character <= last for first, last in _VOCABULARY_RANGES
    )
