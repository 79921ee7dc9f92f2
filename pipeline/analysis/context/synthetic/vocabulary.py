"""Words that a crop alone cannot tell, and the chance of guessing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HIDDEN = '?'
"""Stands in a pattern for the letter that cannot be seen."""

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
"""Kind -> pattern -> the word of that kind: each kind completes each pattern in its own way."""

_COMMON = (
    'OPEN CLOSED ENTER STREET NORTH SOUTH PUSH PULL HOURS MONDAY FRIDAY SUMMER WINTER PUBLIC '
    'DOOR FIRST SECOND THANKS HELLO WELCOME TODAY LEVEL QUEUE EXIT ZEBRA BOX JAZZ SQUARE '
    'KIOSK HEAVY TAXI PARK'
)
COMMON_WORDS = tuple(_COMMON.split())
"""Seen at scenes of every kind, all letters visible."""

LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
LONGEST = 8


@dataclass(frozen=True)
class Inscription:
    """What a plate says.

    Attributes:
        visible: The letters as they can be seen, ``HIDDEN`` where something covers one.
        text: The word that it is.
        role: ``'ambiguous'`` (a letter is hidden, the scene tells which), ``'unambiguous'`` (a
            common word) or ``'misleading'`` (a pattern with any letter at all in its place, or
            a misspelled word, clearly written: only the crop tells).
    """

    visible: str
    text: str
    role: str


ROLES = ('ambiguous', 'unambiguous', 'misleading')


def ambiguous_word(kind: str, pattern: str) -> Inscription:
    """The word of a kind, with the letter hidden that tells it from those of other kinds."""
    return Inscription(pattern, VOCABULARIES[kind][pattern], 'ambiguous')


def common_word(word: str) -> Inscription:
    """A word of every kind, clearly written."""
    return Inscription(word, word, 'unambiguous')


def misleading_word(text: str) -> Inscription:
    """Clearly written letters that need not be a word, or not one of the scene's kind."""
    return Inscription(text, text, 'misleading')


def all_words() -> list[str]:
    """Every word of the kinds and the common ones, once each, in order."""
    words = {word for vocabulary in VOCABULARIES.values() for word in vocabulary.values()}
    return sorted(words | set(COMMON_WORDS))


def chance_level(
    vocabularies: Mapping[str, Mapping[str, str]] = VOCABULARIES,
    kind_weights: Sequence[float] | None = None,
) -> float:
    """Accuracy of the best possible reader of ambiguous words that does not see the scene.

    It knows everything else: the vocabularies and how often each kind comes. Of each pattern it
    answers the most probable word; patterns are equally frequent in every kind.

    Args:
        vocabularies: Kind -> pattern -> word; every kind has the same patterns.
        kind_weights: Relative frequency of the kinds; equal by default.

    Raises:
        ValueError: If the kinds have different patterns, or weights are not one a kind.
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
