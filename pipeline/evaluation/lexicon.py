"""Word lists that constrain what a reader may answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.evaluation.lexicon_search import NearestWords

_BEYOND = 100  # no word this far or farther is ever an answer


@dataclass(frozen=True)
class LexiconMatch:
    """The nearest lexicon word of a text: its original spelling and its distance.

    Where no word is nearer than 100, ``word`` is empty and ``distance`` is 100.
    """

    word: str
    distance: float


@dataclass(frozen=True)
class Lexicon:
    """Keys to compare with and the spellings they stand for, in file order.

    Attributes:
        keys: Upper-case, each once.
        originals: One spelling a key.
    """

    keys: Sequence[str]
    originals: Sequence[str]

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Lexicon:
        """Build from (key, original); a repeated key keeps its place, the last original counts."""
        originals = {key.upper(): original for key, original in pairs}
        return cls(list(originals), list(originals.values()))

    @classmethod
    def from_words(cls, words: Iterable[str]) -> Lexicon:
        """Build from plain words; of words that differ in case alone the first one counts."""
        originals: dict[str, str] = {}
        for word in words:
            originals.setdefault(word.upper(), word)
        return cls(list(originals), list(originals.values()))

    @cached_property
    def by_original(self) -> Lexicon:
        """The same words compared by their original spelling, not by their key."""
        return Lexicon.from_words(self.originals)

    def match(self, texts: Sequence[str], normalized: bool = False) -> list[LexiconMatch]:
        """Find the first nearest word of each text, without regard to case.

        Args:
            texts: N strings.
            normalized: Whether to divide distances by the longer of text and key.
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
