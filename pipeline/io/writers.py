"""Writers of results. Each result is completely on disk as soon as it is available."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from pipeline.io.record import PhotoResult, ReadingResult
from pipeline.io.submission_lines import quad_line
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

    @abstractmethod
    def write(self, result: Any) -> None:
        """Write one result."""


class JsonWriter(ResultWriter):
    """Write one ``<name>.json`` per image."""

    def has(self, name: str, source: str) -> bool:
        """Whether the file exists and describes the same image."""
        path = self.out / f'{name}.json'
        if not path.is_file():
            return False
        try:
            record = json.loads(path.read_text(encoding='utf-8'))
        except ValueError:
            return False
        return self.kind.is_record(record) and record['image'] == source

    def write(self, result: ReadingResult) -> None:
        """Write ``<name>.json``."""
        write_whole(self.out / f'{result.name}.json', result.json_text())


class IcdarWriter(ResultWriter):
    """Write one ``res_<name>.txt`` per image, with lines ``x1,y1,...,x4,y4,text``.

    A zip of these files is an ICDAR submission.
    """

    def has(self, name: str, source: str) -> bool:
        """Whether the file exists. Its lines do not contain the source."""
        return (self.out / f'res_{name}.txt').is_file()

    def write(self, result: PhotoResult) -> None:
        """Write ``res_<name>.txt``. The file is empty for images without words."""
        lines = [quad_line(word.polygon, word.text) for word in result.words]
        write_whole(self.out / f'res_{result.name}.txt', ''.join(line + '\n' for line in lines))


class _AppendingWriter(ResultWriter):
    """Write one file per run, with a block of lines per image."""

    file_name: str

    def __init__(self, out: Path, resume: bool, kind: type[ReadingResult] = PhotoResult) -> None:
        super().__init__(out, kind)
        self.path = out / self.file_name
        kept = self._complete_lines() if resume else []
        self.done = {source for source, _ in kept}
        write_whole(self.path, self._header() + ''.join(line for _, line in kept))

    def has(self, name: str, source: str) -> bool:
        """Whether the file contains the result of this image."""
        return source in self.done

    def write(self, result: ReadingResult) -> None:
        """Append the result."""
        with self.path.open('a', encoding='utf-8', newline='') as file:
            file.write(self._format(result))
        self.done.add(result.source)

    def _header(self) -> str:
        return ''

    @abstractmethod
    def _format(self, result: ReadingResult) -> str: ...

    @abstractmethod
    def _complete_lines(self) -> list[tuple[str, str]]:
        """(source, text) of each complete result that an interrupted run wrote."""


class JsonLinesWriter(_AppendingWriter):
    """Write ``results.jsonl``, one record per line."""

    file_name = 'results.jsonl'

    def _format(self, result: ReadingResult) -> str:
        return json.dumps(result.record(), ensure_ascii=False) + '\n'

    def _complete_lines(self) -> list[tuple[str, str]]:
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
        return _csv_line(self.kind.columns)

    def _format(self, result: ReadingResult) -> str:
        return ''.join(map(_csv_line, result.rows()))

    def _complete_lines(self) -> list[tuple[str, str]]:
        if not self.path.is_file():
            return []
        text = self.path.read_text(encoding='utf-8')
        rows = list(csv.reader(io.StringIO(text)))[1:]
        if rows and not text.endswith('\n'):
            # The run was interrupted while writing the last image, so its rows are dropped.
            rows = [row for row in rows if row[0] != rows[-1][0]]
        return [(row[0], _csv_line(row)) for row in rows if len(row) == len(self.kind.columns)]


FORMATS = ('json', 'jsonl', 'icdar', 'csv')
"""Formats of :func:`make_writer`."""


def make_writer(
    result_format: str,
    out: Path,
    resume: bool = False,
    kind: type[ReadingResult] = PhotoResult,
) -> ResultWriter:
    """Make the writer of a format.

    Args:
        result_format: One of ``FORMATS``.
        out: Folder of the results.
        resume: Whether to keep the results of an earlier run in a common file (jsonl, csv).
        kind: Class of the results: ``PhotoResult`` or ``CropResult``.

    Raises:
        ValueError: If the format is unknown or does not support results of this kind.
    """
    if result_format == 'json':
        return JsonWriter(out, kind)
    if result_format == 'icdar':
        if kind is not PhotoResult:
            raise ValueError(
                'icdar files contain word polygons, and crops have no polygons: use json, jsonl '
                'or csv.'
            )
        return IcdarWriter(out, kind)
    if result_format == 'jsonl':
        return JsonLinesWriter(out, resume, kind)
    if result_format == 'csv':
        return CsvWriter(out, resume, kind)
    raise ValueError(f'format must be one of {FORMATS}, got {result_format!r}.')


def _csv_line(row: object) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\n').writerow(row)  # type: ignore[arg-type]
    return buffer.getvalue()
