"""Confusions of characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Levenshtein

Cell = tuple[str, str]


@dataclass(frozen=True)
class Confusions:
    """Counts of character errors.

    Attributes:
        cells: (gt character, predicted character) -> count, case ignored. An empty gt character is
            an insertion, an empty predicted character is a deletion.
        case: (gt letter, predicted letter) -> count of letters predicted in the other case. They
            are not in ``cells``.
        characters: Number of gt characters.
    """

    cells: Counter[Cell] = field(default_factory=Counter)
    case: Counter[Cell] = field(default_factory=Counter)
    characters: int = 0

    @property
    def errors(self) -> int:
        """Number of substitutions, insertions and deletions, case ignored."""
        return sum(self.cells.values())


def count_confusions(gt_texts: Sequence[str], texts: Sequence[str]) -> Confusions:
    """Align predicted with gt texts and count the differences.

    The alignment has the fewest edits with case ignored (Levenshtein; of several alignments, the
    one of rapidfuzz). An alignment with case would be arbitrary for a word that is read in the
    other case.

    Args:
        gt_texts: N gt texts.
        texts: N predicted texts.
    """
    found = Confusions(characters=sum(map(len, gt_texts)))
    for written, read in zip(gt_texts, texts, strict=True):
        for step in Levenshtein.opcodes(_fold(written), _fold(read)):
            before = written[step.src_start : step.src_end]
            after = read[step.dest_start : step.dest_end]
            if step.tag == 'equal':
                found.case.update((a, b) for a, b in zip(before, after) if a != b)
            elif step.tag == 'replace':
                found.cells.update(zip(map(_fold, before), map(_fold, after), strict=True))
            elif step.tag == 'delete':
                found.cells.update((a, '') for a in map(_fold, before))
            else:
                found.cells.update(('', b) for b in map(_fold, after))
    return found


def most_frequent(cells: Counter[Cell], most: int) -> list[tuple[Cell, int]]:
    """The ``most`` cells with the highest counts. Equal counts are in the order of characters."""
    return sorted(cells.items(), key=lambda item: (-item[1], item[0]))[:most]


def _fold(text: str) -> str:
    """Lower case, character by character, which keeps the length of the text."""
    return ''.join(low if len(low := letter.lower()) == 1 else letter for letter in text)
