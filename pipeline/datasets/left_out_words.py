"""Counts and examples of words that are left out, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

_EXAMPLES = 3
_CHARACTERS = 10


class LeftOutWords:
    """Words that a recognizer's training leaves out, by reason.

    Args:
        charset: Characters of the recognizer.
        max_length: Maximum number of characters of a text.
        charset_name: Name of the charset in messages.
    """

    def __init__(
        self, charset: Collection[str], max_length: int, charset_name: str = 'the charset'
    ) -> None:
        self.charset = frozenset(charset)
        self.max_length = max_length
        self.charset_name = charset_name
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}
        self._characters: Counter[str] = Counter()

    def takes(self, text: str, ignore: bool = False) -> bool:
        """Whether a word can be used. A word that cannot is counted.

        Args:
            text: Text of the word.
            ignore: Whether the word is marked as ignored.
        """
        outside = set(text) - self.charset
        if ignore:
            reason = 'marked as ignored'
        elif not text:
            reason = 'without text'
        elif len(text) > self.max_length:
            reason = f'longer than {self.max_length} characters'
        elif outside:
            reason = f'with characters outside {self.charset_name}'
            self._characters.update(outside)
        else:
            return True
        self._counts[reason] += 1
        examples = self._examples.setdefault(reason, [])
        if text and not ignore and len(examples) < _EXAMPLES and text not in examples:
            examples.append(text)
        return False

    @property
    def has_surprises(self) -> bool:
        """Whether words are left out that are not marked as ignored."""
        return any(reason != 'marked as ignored' for reason in self._counts)

    def __str__(self) -> str:
        """Counts and examples, by reason, or '' if no words are left out."""
        return '; '.join(self._describe(reason) for reason, _ in self._counts.most_common())

    def _describe(self, reason: str) -> str:
        text = f'{self._counts[reason]:,} {reason}'
        if 'outside' in reason:
            shown = self._characters.most_common(_CHARACTERS)
            more = ' ...' if len(self._characters) > _CHARACTERS else ''
            text += f' ({" ".join(repr(character) for character, _ in shown)}{more})'
        if self._examples[reason]:
            text += f', such as {", ".join(map(repr, self._examples[reason]))}'
        return text
