"""Writers of results. Each result is completely on disk as soon as it is available."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import itertools
import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from pipeline.geometry import clip_to_image, enclosing_quad
from pipeline.io.documents import DOCUMENT_FORMATS
from pipeline.io.documents.plain import csv_text
from pipeline.io.pdf import document_name, join_pages
from pipeline.io.record import PhotoResult, ReadingResult
from pipeline.io.submission_lines import quad_line
from pipeline.io.urls import absolute_source
from pipeline.utils.atomic_write import write_whole


class ResultWriter(ABC):
    """Base class of the writers, which write one result after the other.

    Args:
        out: Folder of the results. It is created if missing.
        kind: Class of the results. Results of other classes from earlier runs are ignored.
    """

    def __init__(self, out: Path, kind: type[ReadingResult] = PhotoResult) -> None:
        self.out = out
        self.kind = kind
        out.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def has(self, name: str, source: str) -> bool:
        """Whether an earlier run wrote the complete result of this image."""

    def replaces(self, name: str, source: str) -> str | None:
        """Source of another image whose result would be replaced, if that is known."""
        return None

    @abstractmethod
    def write(self, result: Any) -> None:
        """Write one result."""

    def paths(self, name: str, source: str) -> list[Path]:
        """Files of one image that could overwrite an input."""
        return []

    def finish(self) -> None:  # noqa: B027  most writers have nothing left to do
        """Do what is left after the last result."""


class JsonWriter(ResultWriter):
    """Write one ``<name>.json`` per image."""

    def has(self, name: str, source: str) -> bool:
        """Whether the file exists and describes the same image."""
        return self._source(name) == absolute_source(source)

    def replaces(self, name: str, source: str) -> str | None:
        """Absolute source in an existing file of the same name, if it is another one."""
        found = self._source(name)
        return None if found == absolute_source(source) else found

    def _source(self, name: str) -> str | None:
        """Absolute source of the image that an existing file describes."""
        path = self.out / f'{name}.json'
        if not path.is_file():
            return None
        try:
            record = json.loads(path.read_text(encoding='utf-8'))
        except ValueError:
            return None
        return absolute_source(record['image']) if self.kind.is_record(record) else None

    def write(self, result: ReadingResult) -> None:
        """Write ``<name>.json``."""
        write_whole(self.out / f'{result.name}.json', result.json_text())


class IcdarWriter(ResultWriter):
    """Write one ``res_<name>.txt`` per image, with lines ``x1,y1,...,x4,y4,text``.

    A zip of these files is an ICDAR submission.

    Args:
        out: Folder of the results. It is created if missing.
        confidences: Whether lines contain the word's score before the text.
    """

    def __init__(self, out: Path, confidences: bool = False) -> None:
        super().__init__(out, PhotoResult)
        self.confidences = confidences

    def has(self, name: str, source: str) -> bool:
        """Whether the file exists. Its lines do not contain the source."""
        return (self.out / f'res_{name}.txt').is_file()

    def write(self, result: PhotoResult) -> None:
        """Write ``res_<name>.txt``. The file is empty for images without words."""
        lines = [
            quad_line(
                clip_to_image(enclosing_quad(word.polygon), result.page.size),
                word.text,
                word.score if self.confidences else None,
            )
            for word in result.page.words
        ]
        write_whole(self.out / f'res_{result.name}.txt', ''.join(line + '\n' for line in lines))


class DocumentWriter(ResultWriter):
    """Write one document per image: ``<name>.txt``, ``<name>.hocr`` and others.

    Args:
        out: Folder of the results.
        document_format: One of ``DOCUMENT_FORMATS``.
    """

    def __init__(self, out: Path, document_format: str) -> None:
        super().__init__(out)
        self.format = DOCUMENT_FORMATS[document_format]

    def has(self, name: str, source: str) -> bool:
        """Whether the file exists."""
        return self._path(name).is_file()

    def write(self, result: PhotoResult) -> None:
        """Write the document."""
        write_whole(self._path(result.name), self.format.render([result.document_page]))

    def paths(self, name: str, source: str) -> list[Path]:
        """The document."""
        return [self._path(name)]

    def _path(self, name: str) -> Path:
        return self.out / f'{name}{self.format.suffix}'


class PdfWriter(DocumentWriter):
    """Write one PDF per image, and one PDF with all pages per PDF or TIFF input.

    Each page is written to a file of its own first. :meth:`finish` joins the pages of a document
    to ``<document>.pdf`` and deletes their files, so an interrupted run can be resumed.
    """

    def __init__(self, out: Path) -> None:
        super().__init__(out, 'pdf')
        self.pages: dict[str, list[Path]] = {}

    def has(self, name: str, source: str) -> bool:
        """Whether the file of the page or of its document exists."""
        document = document_name(name, source)
        if super().has(name, source):
            if document is not None:
                self._collect(document, name)
            return True
        return document is not None and super().has(document, source)

    def write(self, result: PhotoResult) -> None:
        """Write the file of the page."""
        super().write(result)
        document = document_name(result.name, result.source)
        if document is not None:
            self._collect(document, result.name)

    def paths(self, name: str, source: str) -> list[Path]:
        """The file of the page and that of its document."""
        return [
            self._path(part) for part in (name, document_name(name, source)) if part is not None
        ]

    def finish(self) -> None:
        """Join the pages of each document."""
        for document, paths in self.pages.items():
            write_whole(self._path(document), join_pages(sorted(paths)))
            for path in paths:
                path.unlink()
        self.pages.clear()

    def _collect(self, document: str, name: str) -> None:
        paths = self.pages.setdefault(document, [])
        if self._path(name) not in paths:
            paths.append(self._path(name))


class _AppendingWriter(ResultWriter):
    """Write one file per run, with a block of lines per image."""

    file_name: str

    def __init__(self, out: Path, resume: bool, kind: type[ReadingResult] = PhotoResult) -> None:
        super().__init__(out, kind)
        self.path = out / self.file_name
        # Two runs that share the folder may both have written an image: the first result is kept.
        kept: dict[str, str] = {}
        for source, text in self._complete_results() if resume else ():
            kept.setdefault(absolute_source(source), text)
        self.done = set(kept)
        write_whole(self.path, self._header() + ''.join(kept.values()))

    def has(self, name: str, source: str) -> bool:
        """Whether the file contains the result of this image."""
        return absolute_source(source) in self.done

    def write(self, result: ReadingResult) -> None:
        """Append the result in one piece; a full disk leaves the file as it was."""
        content = self._format(result).encode('utf-8')
        with self.path.open('ab', buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                if file.write(content) != len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(before)
                raise
        self.done.add(absolute_source(result.source))

    def _header(self) -> str:
        return ''

    @abstractmethod
    def _format(self, result: ReadingResult) -> str: ...

    @abstractmethod
    def _complete_results(self) -> list[tuple[str, str]]:
        """(source, text) of each complete result that an interrupted run wrote."""


class JsonLinesWriter(_AppendingWriter):
    """Write ``results.jsonl``, one record per line."""

    file_name = 'results.jsonl'

    def _format(self, result: ReadingResult) -> str:
        return json.dumps(result.record(), ensure_ascii=False) + '\n'

    def _complete_results(self) -> list[tuple[str, str]]:
        if not self.path.is_file():
            return []
        lines = []
        # splitlines() would also split at other line separators inside a text.
        for line in self.path.read_bytes().split(b'\n')[:-1]:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # Not a line of this writer.
            if self.kind.is_record(record):
                lines.append((record['image'], line.decode('utf-8') + '\n'))
        return lines


class CsvWriter(_AppendingWriter):
    """Write ``results.csv``, with one header and the rows of each result."""

    file_name = 'results.csv'

    def _header(self) -> str:
        return csv_text([self.kind.columns])

    def _format(self, result: ReadingResult) -> str:
        return csv_text(result.rows())

    def _complete_results(self) -> list[tuple[str, str]]:
        if not self.path.is_file():
            return []
        text = self.path.read_text(encoding='utf-8', errors='replace')
        rows = list(csv.reader(io.StringIO(text)))[1:]
        if rows and not text.endswith('\n'):
            # The run was interrupted while writing the last image, so its rows are dropped.
            rows = [row for row in rows if row[:1] != rows[-1][:1]]
        rows = [row for row in rows if len(row) == len(self.kind.columns)]
        # No two words of an image have the same row, so equal rows are of two runs.
        return [
            (source, csv_text(dict.fromkeys(map(tuple, some))))
            for source, some in itertools.groupby(rows, lambda row: row[0])
        ]


FORMATS = ('json', 'jsonl', 'csv', 'txt', 'icdar', 'hocr', 'alto', 'page', 'pdf')
"""Formats of :func:`make_writer`."""


def make_writer(
    result_format: str,
    out: Path,
    resume: bool = False,
    kind: type[ReadingResult] = PhotoResult,
    confidences: bool = False,
) -> ResultWriter:
    """Make the writer of a format.

    Args:
        result_format: One of ``FORMATS``.
        out: Folder of the results.
        resume: Whether to keep the results of an earlier run in a common file (jsonl, csv).
        kind: Class of the results: ``PhotoResult`` or ``CropResult``.
        confidences: Whether icdar files contain the scores of words. The other formats always do.

    Raises:
        ValueError: If the format is unknown or does not support results of this kind.
    """
    if confidences and result_format != 'icdar':
        raise ValueError('--confidences is for --format icdar; the other formats contain scores')
    if result_format == 'json':
        return JsonWriter(out, kind)
    if result_format == 'jsonl':
        return JsonLinesWriter(out, resume, kind)
    if result_format == 'csv':
        return CsvWriter(out, resume, kind)
    if result_format not in FORMATS:
        raise ValueError(f'format must be one of {FORMATS}, got {result_format!r}.')
    if kind is not PhotoResult:
        raise ValueError(
            f'{result_format} files contain the layout of words in an image, and a crop is one '
            'word: use json, jsonl or csv.'
        )
    if result_format == 'icdar':
        return IcdarWriter(out, confidences)
    return PdfWriter(out) if result_format == 'pdf' else DocumentWriter(out, result_format)
