"""Writers of results: each result is on disk, whole, as soon as it is known."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from pathlib import Path

from pipeline.evaluation.submission_lines import quad_line
from pipeline.results.record import PhotoResult, photo_record
from pipeline.whole_file import write_whole


class ResultWriter(ABC):
    """Writes the words of one photo after the other, and knows which are there already.

    Args:
        out: Folder of the results; made if missing.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        out.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def has(self, name: str, source: str) -> bool:
        """Whether an earlier run wrote the result of this photo, in full."""

    @abstractmethod
    def write(self, result: PhotoResult) -> None:
        """Write one result."""


class JsonWriter(ResultWriter):
    """``<name>.json`` a photo."""

    def has(self, name: str, source: str) -> bool:
        """True if the file is there and speaks of the same photo."""
        path = self.out / f'{name}.json'
        if not path.is_file():
            return False
        try:
            record = json.loads(path.read_text(encoding='utf-8'))
        except ValueError:
            return False
        return isinstance(record, dict) and record.get('image') == source

    def write(self, result: PhotoResult) -> None:
        """Write ``<name>.json``."""
        record = photo_record(result)
        # A word a line: indented in full, a polygon would fill a screen.
        words = [json.dumps(word, ensure_ascii=False) for word in record.pop('words')]
        seconds = record.pop('seconds')
        head = json.dumps(record, ensure_ascii=False)[:-1]
        body = ',\n  '.join(words)
        listed = f'[\n  {body}\n]' if words else '[]'
        text = f'{head}, "words": {listed}, "seconds": {seconds}}}\n'
        write_whole(self.out / f'{result.name}.json', text)


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
    """One file for the whole run, a block of lines a photo."""

    file_name: str

    def __init__(self, out: Path, resume: bool) -> None:
        super().__init__(out)
        self.path = out / self.file_name
        kept = self._complete_lines() if resume else []
        self.done = {source for source, _ in kept}
        write_whole(self.path, self._header() + ''.join(line for _, line in kept))

    def has(self, name: str, source: str) -> bool:
        """True if an earlier run wrote it."""
        return source in self.done

    def write(self, result: PhotoResult) -> None:
        """Append the result."""
        with self.path.open('a', encoding='utf-8', newline='') as file:
            file.write(self._format(result))
        self.done.add(result.source)

    def _header(self) -> str:
        return ''

    @abstractmethod
    def _format(self, result: PhotoResult) -> str: ...

    @abstractmethod
    def _complete_lines(self) -> list[tuple[str, str]]:
        """(source, text) of what an interrupted run wrote in full."""


class JsonLinesWriter(_AppendingWriter):
    """``results.jsonl``: a JSON object a line, in the layout of :class:`JsonWriter`."""

    file_name = 'results.jsonl'

    def _format(self, result: PhotoResult) -> str:
        return json.dumps(photo_record(result), ensure_ascii=False) + '\n'

    def _complete_lines(self) -> list[tuple[str, str]]:
        if not self.path.is_file():
            return []
        lines = []
        # A line ends with a line feed alone: splitlines() would cut at others in a text too.
        for line in self.path.read_bytes().split(b'\n')[:-1]:
            try:
                lines.append((json.loads(line)['image'], line.decode('utf-8') + '\n'))
            except (ValueError, KeyError, TypeError):
                continue  # no line of ours
        return lines


class CsvWriter(_AppendingWriter):
    """``results.csv``: a word a row, with its polygon as ``x1 y1 x2 y2 ...``.

    A photo without words has one row with empty fields, so that every photo is listed.
    """

    file_name = 'results.csv'
    columns = ('image', 'text', 'score', 'det_score', 'rec_score', 'polygon')

    def _header(self) -> str:
        return _csv_line(self.columns)

    def _format(self, result: PhotoResult) -> str:
        record = photo_record(result)
        rows = [
            (
                record['image'], word['text'], word['score'], word['det_score'], word['rec_score'],
                ' '.join(str(v) for point in word['polygon'] for v in point),
            )
            for word in record['words']
        ]
        return ''.join(_csv_line(row) for row in rows or [(record['image'], '', '', '', '', '')])

    def _complete_lines(self) -> list[tuple[str, str]]:
        if not self.path.is_file():
            return []
        text = self.path.read_text(encoding='utf-8')
        rows = list(csv.reader(io.StringIO(text)))[1:]
        if rows and not text.endswith('\n'):
            # The photo being written when the run was cut off is read again.
            rows = [row for row in rows if row[0] != rows[-1][0]]
        return [(row[0], _csv_line(row)) for row in rows if len(row) == len(self.columns)]


FORMATS = ('json', 'jsonl', 'icdar', 'csv')
"""Formats of :func:`make_writer`."""


def make_writer(result_format: str, out: Path, resume: bool = False) -> ResultWriter:
    """The writer of a format.

    Args:
        result_format: One of ``FORMATS``.
        out: Folder of the results.
        resume: Keep what an earlier run wrote to a common file (jsonl, csv).

    Raises:
        ValueError: If the format is unknown.
    """
    if result_format == 'json':
        return JsonWriter(out)
    if result_format == 'icdar':
        return IcdarWriter(out)
    if result_format == 'jsonl':
        return JsonLinesWriter(out, resume)
    if result_format == 'csv':
        return CsvWriter(out, resume)
    raise ValueError(f'format must be one of {FORMATS}, got {result_format!r}.')


def _csv_line(row: object) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator='\n').writerow(row)  # type: ignore[arg-type]
    return buffer.getvalue()
