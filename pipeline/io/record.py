"""Results of one input as plain values: an image with its words, or a word crop."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pipeline.structures import Word


@dataclass(frozen=True)
class ReadingResult(ABC):
    """The result of one input image.

    Args:
        name: Stem of the result files, unique in a run.
        source: File, URL or page of the image.
    """

    name: str
    source: str

    content: ClassVar[str]
    """The key of :meth:`record` that identifies this kind of record."""
    columns: ClassVar[tuple[str, ...]]
    """Names of the fields of :meth:`rows`. The first field is the source."""

    @abstractmethod
    def record(self) -> dict[str, Any]:
        """The result as JSON-serializable values. ``'image'`` is the source."""

    @abstractmethod
    def rows(self) -> list[tuple[Any, ...]]:
        """The result as table rows, at least one."""

    def json_text(self) -> str:
        """The content of a JSON file with this record."""
        return json.dumps(self.record(), ensure_ascii=False) + '\n'

    @classmethod
    def is_record(cls, value: Any) -> bool:
        """Whether a value from a JSON file is a record of this kind."""
        return isinstance(value, dict) and {'image', cls.content} <= value.keys()


@dataclass(frozen=True)
class PhotoResult(ReadingResult):
    """The words of one image.

    Args:
        name: Stem of the result files, unique in a run.
        source: File, URL or page of the image.
        size: (height, width) of the image in pixels.
        words: Words in reading order.
        seconds: Processing time.
    """

    size: tuple[int, int]
    words: list[Word]
    seconds: float

    content = 'words'
    columns = ('image', 'text', 'score', 'det_score', 'rec_score', 'polygon')

    def record(self) -> dict[str, Any]:
        """See :func:`photo_record`."""
        return photo_record(self)

    def rows(self) -> list[tuple[Any, ...]]:
        """One row per word, with its polygon as ``x1 y1 x2 y2 ...``.

        An image without words has one row with empty fields, so that each image is listed.
        """
        rows = [
            (
                self.source, word['text'], word['score'], word['det_score'], word['rec_score'],
                ' '.join(str(v) for point in word['polygon'] for v in point),
            )
            for word in self.record()['words']
        ]  # fmt: skip
        return rows or [(self.source, '', '', '', '', '')]

    def json_text(self) -> str:
        """The content of a JSON file with this record, one line per word."""
        record = self.record()
        words = [json.dumps(word, ensure_ascii=False) for word in record.pop('words')]
        seconds = record.pop('seconds')
        head = json.dumps(record, ensure_ascii=False)[:-1]
        body = ',\n  '.join(words)
        listed = f'[\n  {body}\n]' if words else '[]'
        return f'{head}, "words": {listed}, "seconds": {seconds}}}\n'


@dataclass(frozen=True)
class CropResult(ReadingResult):
    """The transcript of one word crop.

    Args:
        name: Stem of the result files, unique in a run.
        source: File, URL or page of the crop.
        text: Transcript, which may be empty.
        score: Probability of the text under the recognizer, in [0, 1].
    """

    text: str
    score: float

    content = 'text'
    columns = ('image', 'text', 'score')

    def record(self) -> dict[str, Any]:
        """``{"image", "text", "score"}``."""
        return {'image': self.source, 'text': self.text, 'score': round(self.score, 4)}

    def rows(self) -> list[tuple[Any, ...]]:
        """One row."""
        return [tuple(self.record().values())]


def photo_record(result: PhotoResult) -> dict[str, Any]:
    """``{"image", "width", "height", "words": [...], "seconds"}``, JSON-serializable.

    Each word is ``{"polygon": [[x, y], ...], "text", "score", "det_score", "rec_score"}``, with
    pixels rounded to two decimals.
    """
    height, width = result.size
    return {
        'image': result.source,
        'width': width,
        'height': height,
        'words': [
            {
                'polygon': [[round(float(x), 2), round(float(y), 2)] for x, y in word.polygon],
                'text': word.text,
                'score': round(word.score, 4),
                'det_score': round(word.det_score, 4),
                'rec_score': round(word.rec_score, 4),
            }
            for word in result.words
        ],
        'seconds': round(result.seconds, 4),
    }
