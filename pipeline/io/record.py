"""Results of one input as plain values: an image with its words, or a word crop."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pipeline.io.documents.document_page import DocumentPage
from pipeline.io.documents.plain import CSV_COLUMNS, csv_rows, json_text, page_record
from pipeline.layout import Page


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


@dataclass(frozen=True, eq=False)
class PhotoResult(ReadingResult):
    """The words of one image.

    Args:
        name: Stem of the result files, unique in a run.
        source: File, URL or page of the image.
        page: Words in lines and blocks.
        seconds: Processing time.
        image: (H, W, 3) uint8 BGR, which only PDF files require.
    """

    page: Page
    seconds: float
    image: np.ndarray | None = None

    content = 'words'
    columns = CSV_COLUMNS

    @property
    def document_page(self) -> DocumentPage:
        """The image as a page of a document."""
        return DocumentPage(self.page, self.source, self.image)

    def record(self) -> dict[str, Any]:
        """:func:`page_record` with ``"seconds"``."""
        return {**page_record(self.document_page), 'seconds': round(self.seconds, 4)}

    def rows(self) -> list[tuple[Any, ...]]:
        """One row per word; see :func:`csv_rows`."""
        return csv_rows(self.document_page)

    def json_text(self) -> str:
        """The content of a JSON file with this record, one line per word."""
        return json_text(self.record())


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
