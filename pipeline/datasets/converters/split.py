"""The samples of one split of a data set, and the numbers that its owners publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SplitCounts:
    """Numbers that the owners publish about a split; None if they do not.

    Attributes:
        photos: Number of images, or of word crops.
        words: Number of words without those marked as illegible.
    """

    photos: int | None = None
    words: int | None = None


@dataclass(frozen=True)
class DatasetSplit:
    """One split of a data set.

    Attributes:
        name: ``train``, ``val`` or ``test``; empty if the layout has no name.
        samples: MMOCR samples in name order. Images are ``{'img_path', 'height', 'width',
            'instances'}`` with instances of :func:`spotting_instance`; word crops are
            ``{'img_path', 'instances': [{'text'}]}``. ``img_path`` is relative to the data set's
            root and has forward slashes.
        published: Numbers that the owners publish, if they differ from the entry of the data set.
        has_text: Whether words have texts; a split without texts is only for detection.
        lexicons: Lexicon per image by the image's stem, if the data set has lexicons.
        read_crop: Function that returns the encoded image of an ``img_path``, for crops in a
            database.
    """

    name: str
    samples: Sequence[dict]
    published: SplitCounts | None = None
    has_text: bool = True
    lexicons: Mapping[str, Sequence[str]] | None = None
    read_crop: Callable[[str], bytes] | None = None

    def counts(self) -> SplitCounts:
        """Number of images and legible words."""
        return SplitCounts(len(self.samples), self._words(ignored=False))

    def ignored_words(self) -> int:
        """Number of words marked as illegible."""
        return self._words(ignored=True)

    def _words(self, ignored: bool) -> int:
        return sum(
            word.get('ignore', False) is ignored
            for sample in self.samples
            for word in sample['instances']
        )
