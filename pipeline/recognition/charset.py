"""Allowed characters or texts of a reading."""

from __future__ import annotations

import difflib
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

NAMED_CHARSETS: dict[str, Callable[[str], bool]] = {
    'digits': lambda char: char in string.digits,
    'letters': str.isalpha,
    'alphanumeric': lambda char: char in string.digits or char.isalpha(),
}
_MAX_GAIN = 100.0
_NEAR = 0.85  # Similarity of a misspelled name; that of 'dgit' and 'digits' is 0.8.


class Charset:
    """Constrains the texts that are read: a set of characters, or a regular expression.

    Args:
        spec: ``'digits'``, ``'letters'`` (with accents), ``'alphanumeric'``, the allowed
            characters themselves, such as ``'0123456789.,€'``, or ``'/REGEX/'``, which the whole
            text of a word must match.
        characters: L classes of the recognizer.
        kept: Classes that are always allowed: the blank, and those that are not characters.

    Raises:
        ValueError: If the recognizer has none of the characters or lacks one that is listed, or
            if :func:`check_charset` refuses ``spec``.
        ImportError: If a regular expression is given and the package regex is not installed.
    """

    def __init__(self, spec: str, characters: Sequence[str], kept: Sequence[int]) -> None:
        self.spec = spec
        self._pattern: Any = check_charset(spec)
        if self._pattern is not None:
            return
        listed = None if spec in NAMED_CHARSETS else frozenset(spec)
        allows = NAMED_CHARSETS.get(spec, frozenset(spec).__contains__)
        known = {char for char in characters if len(char) == 1 and allows(char)}
        unknown = sorted((listed or frozenset()) - known - {' '})
        if unknown or not known - {' '}:
            raise ValueError(
                f'the recognizer cannot read {"".join(unknown) or "any character"!r} of the '
                f'charset {spec!r}.'
            )
        self._forbidden = np.array([char not in known for char in characters])
        self._forbidden[[i for i, char in enumerate(characters) if char == ' ']] = False
        self._forbidden[list(kept)] = False

    @property
    def is_pattern(self) -> bool:
        """Whether this is a regular expression."""
        return self._pattern is not None

    def mask(self, log_probs: np.ndarray) -> np.ndarray:
        """Log probabilities without the classes that are not allowed.

        The probabilities of the others increase to a sum of 1 per column, but at most by the
        factor 100. Words of other characters therefore keep low scores.

        Args:
            log_probs: (N, T, L) log probabilities.
        """
        if self.is_pattern:
            return log_probs
        masked = np.where(self._forbidden, -np.inf, log_probs)
        total = np.logaddexp.reduce(masked, axis=-1, keepdims=True)
        return masked - np.maximum(total, -np.log(_MAX_GAIN))

    def matches(self, text: str) -> bool:
        """Whether a whole text is allowed. True for a set of characters."""
        return not self.is_pattern or self._pattern.fullmatch(text) is not None

    def begins(self, text: str) -> bool:
        """Whether a text is the beginning of an allowed one. True for a set of characters."""
        return not self.is_pattern or self._pattern.fullmatch(text, partial=True) is not None


def check_charset(spec: str) -> Any:
    """Check what :class:`Charset` can check without the characters of a recognizer.

    Returns:
        The compiled regular expression of ``'/REGEX/'``, otherwise None.

    Raises:
        ValueError: If the regular expression is invalid, ``spec`` is empty, or it is a misspelled
            name, such as ``'digit'``, which would allow the letters d, g, i and t.
        ImportError: If a regular expression is given and the package regex is not installed.
    """
    if not spec.strip():
        raise ValueError(
            f'the charset {spec!r} contains no character: wanted {", ".join(NAMED_CHARSETS)}, a '
            'list of characters, or /REGEX/.'
        )
    if len(spec) > 2 and spec.startswith('/') and spec.endswith('/'):
        return _compile(spec[1:-1])
    if spec not in NAMED_CHARSETS and _resembles_a_name(spec.casefold()):
        raise ValueError(
            f'wanted a charset of {", ".join(NAMED_CHARSETS)}, or a list of characters, got '
            f'{spec!r}; if it is a list, write it as {"".join(sorted(set(spec)))!r}.'
        )
    return None


def _resembles_a_name(spec: str) -> bool:
    begins = len(spec) >= 5 and any(name.startswith(spec) for name in NAMED_CHARSETS)
    return begins or bool(difflib.get_close_matches(spec, NAMED_CHARSETS, 1, _NEAR))


def _compile(pattern: str) -> Any:
    try:
        import regex
    except ImportError:
        raise ImportError(
            'a charset that is a regular expression requires the package regex: '
            "pip install -e '.[patterns]'"
        ) from None
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ValueError(f'{pattern!r} is not a regular expression: {error}') from error
