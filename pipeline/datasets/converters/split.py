"""The samples of one split of a data set, and what its owners say that it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SplitCounts:
    """What the owners of a data set publish about a split; None where they do not say.

    Attributes:
        photos: Number of photos (of word crops, for sets of those).
        words: Number of words, without those marked as illegible.
    """

    photos: int | None = None
    words: int | None = None


@dataclass(frozen=True)
class DatasetSplit:
    """One split as a reader found it.

    Attributes:
        name: ``train``, ``val`` or ``test``; empty where the layout does not say.
        samples: MMOCR samples in name order. Photos are ``{'img_path', 'height', 'width',
            'instances'}`` with instances of :func:`spotting_instance`; word crops are
            ``{'img_path', 'instances': [{'text'}]}``. ``img_path`` is relative to the data set's
            root, with slashes.
        published: What the owners state, where it is another than the entry of the data set says.
        has_text: Whether words have transcripts; without them a split is for detection alone.
        lexicons: Words that may be in a photo, by the stem of its name, where a set has such lists.
        read_crop: Gives the encoded image of an ``img_path``, for crops that lie in a database.
    """

    name: str
    samples: Sequence[dict]
    published: SplitCounts | None = None
    has_text: bool = True
    lexicons: Mapping[str, Sequence[str]] | None = None
    read_crop: Callable[[str], bytes] | None = None

    def counts(self) -> SplitCounts:
        """Photos and legible words that were found."""
        return SplitCounts(len(self.samples), self._words(ignored=False))

    def ignored_words(self) -> int:
        """Words that are marked as illegible."""
        return self._words(ignored=True)

    def _words(self, ignored: bool) -> int:
        return sum(
            word.get('ignore', False) is ignored
            for sample in self.samples
            for word in sample['instances']
        )
