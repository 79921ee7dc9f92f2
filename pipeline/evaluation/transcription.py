"""When a predicted transcript counts as the gold one."""

from __future__ import annotations

from typing import Literal

StripRule = Literal['edge', 'all']

SPECIAL_CHARACTERS = '!?.:,*"()·[]/\''
"""Punctuation that a reader may leave out at the ends of a word."""

_VOCABULARY_RANGES = (('a', 'z'), ('A', 'Z'), ('À', 'ƿ'), ('Ǆ', 'ɿ'), ('Ά', 'Ͽ'), ('-', '-'))
_NOT_LETTERS = '×÷·'  # inside the ranges above, but no letters
_TO_BLANK = str.maketrans(dict.fromkeys(SPECIAL_CHARACTERS, ' '))


def texts_match(gt_text: str, det_text: str, strip: StripRule = 'edge') -> bool:
    """Compare transcripts by the end-to-end rule, without regard to case.

    Args:
        gt_text: Gold transcript.
        det_text: Predicted transcript.
        strip: ``edge``: the gt text may lack one special character at either end, the
            prediction is taken as it is. ``all``: special characters are cut off both ends of both.

    Returns:
        Whether they agree. An empty gt text agrees with an empty prediction alone.
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
    """Compare by the word-spotting rule: equal but for case. ``gt_word`` is already cleaned."""
    return gt_word.upper() == det_text.upper()


def vocabulary_word(text: str, min_length: int = 3) -> str | None:
    """Clean a gt text for word spotting.

    A possessive ending and outer hyphens go, special characters become blanks, outer blanks go.

    Args:
        text: Gold transcript.
        min_length: Shorter words are no vocabulary words.

    Returns:
        The word to be spotted, or None where it is not one: several words, too short, or with a
        character that is neither a Latin or Greek letter nor a hyphen. Such gt words are
        don't-care when words are spotted.
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
