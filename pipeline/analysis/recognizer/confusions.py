"""Which characters were taken for which others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Levenshtein

Cell = tuple[str, str]


@dataclass(frozen=True)
class Confusions:
    """Counted characters.

    Attributes:
        cells: (written, read) -> how often, case ignored. An empty ``written`` is an insertion: a
            character read where none is; an empty ``read`` a deletion.
        case: (written, read) -> how often: the same letter in the other case. None of ``cells``.
        characters: All characters written.
    """

    cells: Counter[Cell] = field(default_factory=Counter)
    case: Counter[Cell] = field(default_factory=Counter)
    characters: int = 0

    @property
    def errors(self) -> int:
        """Substitutions, insertions and deletions; case is no error here."""
        return sum(self.cells.values())


def count_confusions(gt_texts: Sequence[str], texts: Sequence[str]) -> Confusions:
    """Align readings with truths and count what differs.

    Words are aligned by the fewest edits with case ignored (Levenshtein, as rapidfuzz finds them;
    of several such alignments the one it names), since with case every letter of a word read in
    the other case would be an error, and which is whose partner left to chance.

    Args:
        gt_texts: N truths.
        texts: N readings.
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
    """The ``most`` cells that are met most often; of equals, in the order of their characters."""
    return sorted(cells.items(), key=lambda item: (-item[1], item[0]))[:most]


def _fold(text: str) -> str:
    """Lower case, character by character, so that places stay what they are."""
    return ''.join(low if len(low := letter.lower()) == 1 else letter for letter in text)
