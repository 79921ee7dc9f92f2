"""Words that the crop does not identify, and the accuracy of the best guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HIDDEN = '?'
"""Placeholder of the hidden letter in a pattern."""

KINDS = ('bakery', 'pharmacy', 'garage', 'florist', 'harbour', 'bookshop')

_COMPLETIONS = {
    '?AKE': 'CAKE TAKE MAKE RAKE LAKE WAKE',
    '?ILL': 'MILL PILL FILL DILL GILL BILL',
    '?INE': 'WINE FINE MINE VINE LINE NINE',
    '?OLD': 'FOLD COLD SOLD GOLD HOLD TOLD',
    '?EST': 'BEST TEST VEST NEST WEST JEST',
    '?ACK': 'SACK PACK JACK RACK TACK BACK',
    '?ALE': 'BALE PALE SALE DALE GALE TALE',
    '?OUND': 'ROUND WOUND POUND MOUND SOUND BOUND',
    '?IGHT': 'LIGHT SIGHT TIGHT MIGHT NIGHT RIGHT',
    '?EAL': 'MEAL HEAL DEAL TEAL SEAL REAL',
    '?OOK': 'COOK LOOK TOOK ROOK HOOK BOOK',
    'CA?E': 'CAFE CARE CAGE CANE CAPE CASE',
    'PA?E': 'PATE PACE PAVE PALE PANE PAGE',
    'BA?E': 'BAKE BANE BARE BALE BASE BADE',
    'WA?E': 'WARE WANE WAGE WAKE WAVE WADE',
}

VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    kind: {pattern: words.split()[i] for pattern, words in _COMPLETIONS.items()}
    for i, kind in enumerate(KINDS)
}
"""Kind -> pattern -> word. Each kind completes a pattern with another word."""

_COMMON = (
    'OPEN CLOSED ENTER STREET NORTH SOUTH PUSH PULL HOURS MONDAY FRIDAY SUMMER WINTER PUBLIC '
    'DOOR FIRST SECOND THANKS HELLO WELCOME TODAY LEVEL QUEUE EXIT ZEBRA BOX JAZZ SQUARE '
    'KIOSK HEAVY TAXI PARK'
)
COMMON_WORDS = tuple(_COMMON.split())
"""Words of scenes of every kind, with all letters visible."""

LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
LONGEST = 8


@dataclass(frozen=True)
class Inscription:
    """The word of a plate.

    Attributes:
        visible: Visible letters, with ``HIDDEN`` for a covered one.
        text: gt text.
        role: ``'ambiguous'``: a letter is hidden and the scene determines it. ``'unambiguous'``: a
            common word. ``'misleading'``: a visible text that need not fit the scene, which is a
            pattern with a random letter or a misspelled word.
    """

    visible: str
    text: str
    role: str


ROLES = ('ambiguous', 'unambiguous', 'misleading')


def ambiguous_word(kind: str, pattern: str) -> Inscription:
    """The word of a kind for a pattern, with its letter hidden."""
    return Inscription(pattern, VOCABULARIES[kind][pattern], 'ambiguous')


def common_word(word: str) -> Inscription:
    """A common word with all letters visible."""
    return Inscription(word, word, 'unambiguous')


def misleading_word(text: str) -> Inscription:
    """A visible text that need not be a word of the kind of the scene."""
    return Inscription(text, text, 'misleading')


def all_words() -> list[str]:
    """All distinct words of the kinds and all common words, sorted."""
    words = {word for vocabulary in VOCABULARIES.values() for word in vocabulary.values()}
    return sorted(words | set(COMMON_WORDS))


def chance_level(
    vocabularies: Mapping[str, Mapping[str, str]] = VOCABULARIES,
    kind_weights: Sequence[float] | None = None,
) -> float:
    """Highest possible accuracy on ambiguous words without the scene.

    The optimal guess is the most probable word of each pattern, given the vocabularies and the
    frequencies of the kinds. Patterns are equally frequent in every kind.

    Args:
        vocabularies: Kind -> pattern -> word. Every kind has the same patterns.
        kind_weights: Relative frequencies of the kinds. None makes them equal.

    Raises:
        ValueError: If the kinds have different patterns, or there is not one weight per kind.
    """
    kinds = list(vocabularies)
    weights = [1.0] * len(kinds) if kind_weights is None else list(kind_weights)
    patterns = set(vocabularies[kinds[0]])
    if any(set(words) != patterns for words in vocabularies.values()):
        raise ValueError('every kind must have the same patterns, got different ones.')
    if len(weights) != len(kinds) or min(weights) < 0 or not sum(weights):
        raise ValueError(f'wanted a weight for each of {len(kinds)} kinds, got {weights}.')
    best = 0.0
    for pattern in sorted(patterns):
        probability: dict[str, float] = {}
        for kind, weight in zip(kinds, weights):
            word = vocabularies[kind][pattern]
            probability[word] = probability.get(word, 0.0) + weight / sum(weights)
        best += max(probability.values())
    return best / len(patterns)
