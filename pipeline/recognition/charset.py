"""Allowed characters or texts of a reading."""

from __future__ import annotations

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
            if the regular expression is invalid.
        ImportError: If a regular expression is given and the package regex is not installed.
    """

    def __init__(self, spec: str, characters: Sequence[str], kept: Sequence[int]) -> None:
        self.spec = spec
        self._pattern: Any = None
        if len(spec) > 2 and spec.startswith('/') and spec.endswith('/'):
            self._pattern = _compile(spec[1:-1])
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


def _compile(pattern: str) -> Any:
    try:
        import regex
    except ImportError:
        raise ImportError(
            'a charset that is a regular expression requires the package regex: '
            "pip install 'clipter-spotter[patterns]'"
        ) from None
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ValueError(f'{pattern!r} is not a regular expression: {error}') from error
