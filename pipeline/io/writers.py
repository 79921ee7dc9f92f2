"""Writers of results: each result is on disk, whole, as soon as it is known."""

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
    """Writes the result of one image after the other, and knows which are there already.

    Args:
        out: Folder of the results; made if missing.
        kind: What is written, and what counts as there already.
    """

    def __init__(self, out: Path, kind: type[ReadingResult] = PhotoResult) -> None:
        self.out = out
        self.kind = kind
        out.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def has(self, name: str, source: str) -> bool:
        """Whether an earlier run wrote the result of this image, in full."""

    @abstractmethod
    def write(self, result: Any) -> None:
        """Write one result."""


class JsonWriter(ResultWriter):
    """``<name>.json`` an image."""

    def has(self, name: str, source: str) -> bool:
        """True if the file is there and speaks of the same image."""
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
    """``res_<name>.txt`` a photo, lines ``x1,y1,...,x4,y4,text``: ready to zip and submit."""

    def has(self, name: str, source: str) -> bool:
        """True if the file is there: its lines do not say of which photo they speak."""
        return (self.out / f'res_{name}.txt').is_file()

    def write(self, result: PhotoResult) -> None:
        """Write ``res_<name>.txt``; an empty file where no word was read."""
        lines = [quad_line(word.polygon, word.text) for word in result.words]
        write_whole(self.out / f'res_{result.name}.txt', ''.join(line + '\n' for line in lines))


class _AppendingWriter(ResultWriter):
    """One file for the whole run, a block of lines an image."""

    file_name: str

    def __init__(self, out: Path, resume: bool, kind: type[ReadingResult] = PhotoResult) -> None:
        super().__init__(out, kind)
        self.path = out / self.file_name
        kept = self._complete_lines() if resume else []
        self.done = {source for source, _ in kept}
        write_whole(self.path, self._header() + ''.join(line for _, line in kept))

    def has(self, name: str, source: str) -> bool:
        """True if an earlier run wrote it."""
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
        """(source, text) of what an interrupted run wrote in full."""


class JsonLinesWriter(_AppendingWriter):
    """``results.jsonl``: a record a line."""

    file_name = 'results.jsonl'

    def _format(self, result: ReadingResult) -> str:
        return json.dumps(result.record(), ensure_ascii=False) + '\n'

    def _complete_lines(self) -> list[tuple[str, str]]:
        if not self.path.is_file():
            return []
        lines = []
        # A line ends with a line feed alone: splitlines() would cut at others in a text too.
        for line in self.path.read_bytes().split(b'\n')[:-1]:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # no line of ours
            if self.kind.is_record(record):
                lines.append((record['image'], line.decode('utf-8') + '\n'))
        return lines


class CsvWriter(_AppendingWriter):
    """``results.csv``: the rows of each result under one header."""

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
            # The image being written when the run was cut off is read again.
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
    """The writer of a format.

    Args:
        result_format: One of ``FORMATS``.
        out: Folder of the results.
        resume: Keep what an earlier run wrote to a common file (jsonl, csv).
        kind: What will be written: ``PhotoResult`` or ``CropResult``.

    Raises:
        ValueError: If the format is unknown, or does not hold results of this kind.
    """
    if result_format == 'json':
        return JsonWriter(out, kind)
    if result_format == 'icdar':
        if kind is not PhotoResult:
            raise ValueError(
                'icdar files list the polygons of words, and crops have none: use json, jsonl '
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
