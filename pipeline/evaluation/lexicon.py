"""Lexicons: word lists that correct predicted texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.evaluation.lexicon_search import NearestWords

_BEYOND = 100  # Words at this distance or farther do not match.


@dataclass(frozen=True)
class LexiconMatch:
    """The lexicon word nearest to a text.

    Attributes:
        word: Original spelling of the word, or empty if no word is nearer than 100.
        distance: Edit distance, at most 100.
    """

    word: str
    distance: float


@dataclass(frozen=True)
class Lexicon:
    """Keys that texts are compared with, and their original spellings, in file order.

    Attributes:
        keys: Distinct upper-case keys.
        originals: One original spelling per key.
    """

    keys: Sequence[str]
    originals: Sequence[str]

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Lexicon:
        """Build from (key, original). A repeated key keeps its place, with the last original."""
        originals = {key.upper(): original for key, original in pairs}
        return cls(list(originals), list(originals.values()))

    @classmethod
    def from_words(cls, words: Iterable[str]) -> Lexicon:
        """Build from words. Of words that differ only in case, the first is kept."""
        originals: dict[str, str] = {}
        for word in words:
            originals.setdefault(word.upper(), word)
        return cls(list(originals), list(originals.values()))

    @cached_property
    def by_original(self) -> Lexicon:
        """The same words, with the original spellings as keys."""
        return Lexicon.from_words(self.originals)

    def match(self, texts: Sequence[str], normalized: bool = False) -> list[LexiconMatch]:
        """Find the nearest word of each text, without regard to case. The first of equals wins.

        Args:
            texts: N texts.
            normalized: Whether distances are divided by the longer length of text and key.

        Returns:
            N matches.
        """
        index, distance = self._nearest.find([text.upper() for text in texts], normalized)
        return [
            LexiconMatch(self.originals[i], float(d))
            if d < _BEYOND
            else LexiconMatch('', float(_BEYOND))
            for i, d in zip(index, distance)
        ]

    @cached_property
    def _nearest(self) -> NearestWords:
        return NearestWords(self.keys)
