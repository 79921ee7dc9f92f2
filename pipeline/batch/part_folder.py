"""The folder of a run: one result file and one manifest per part, on any fsspec file system."""

from __future__ import annotations

import io
import json
import os
import platform
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.batch.rows import record_schema
from pipeline.io.listing import open_file_system
from pipeline.io.urls import absolute_source

FORMATS = ('jsonl', 'parquet')
_MANIFESTS = '_parts'  # Readers of Parquet folders skip names with an underscore.
_RUN = 'run.json'


@dataclass(frozen=True)
class Part:
    """Inputs whose results are written into one file.

    Args:
        number: Number of the part in its run.
        inputs: Paths and URLs.
    """

    number: int
    inputs: tuple[str, ...]

    @property
    def name(self) -> str:
        """Stem of the files of the part."""
        return f'part-{self.number:06d}'


def plan_parts(inputs: Sequence[str], size: int, first: int = 0) -> list[Part]:
    """Divide inputs into parts.

    Args:
        inputs: Paths and URLs, in their order.
        size: Largest number of inputs per part.
        first: Number of the first part.
    """
    starts = range(0, len(inputs), size)
    return [Part(first + i, tuple(inputs[at : at + size])) for i, at in enumerate(starts)]


class PartFolder:
    """The results of a run, which several processes write at once.

    A part is finished when its manifest ``_parts/part-000000.json`` exists. The manifest lists the
    inputs of the part and is written after the result file. Both get their names when they are
    complete, so that an interrupted process leaves no half file under a valid name.

    Args:
        url: Folder, local or a URL of fsspec such as ``s3://bucket/results``.
        file_format: One of ``FORMATS``.

    Raises:
        ValueError: If the format is unknown.
        ImportError: If a package for the scheme or the format is not installed.
    """

    def __init__(self, url: str, file_format: str = 'jsonl') -> None:
        if file_format not in FORMATS:
            raise ValueError(f'format must be one of {FORMATS}, got {file_format!r}.')
        self.url = absolute_source(url)
        self.file_format = file_format
        self._files, self._root = open_file_system(self.url)
        self._root = self._root.rstrip('/')

    def __reduce__(self) -> tuple[Any, ...]:
        return PartFolder, (self.url, self.file_format)

    def start(self, settings: dict[str, Any], resume: bool) -> None:
        """Create the folder, or check that it belongs to a run with the same settings.

        Args:
            settings: JSON-serializable settings that change the results.
            resume: Whether finished parts are kept.

        Raises:
            ValueError: If the folder contains parts and ``resume`` is off, or the parts were read
                with other settings.
        """
        self._files.makedirs(f'{self._root}/{_MANIFESTS}', exist_ok=True)
        settings = {**settings, 'format': self.file_format}
        path = f'{self._root}/{_MANIFESTS}/{_RUN}'
        if self._files.exists(path):
            if not resume:
                raise ValueError(
                    f'{self.url} contains the results of a run: continue it with --resume, or '
                    'choose another --out'
                )
            former = json.loads(self._files.cat_file(path))
            differing = sorted(
                key
                for key in {*former, *settings}
                if former.get(key) != json.loads(json.dumps(settings.get(key)))
            )
            if differing:
                key = differing[0]
                raise ValueError(
                    f'--resume: the parts in {self.url} were read with {key} '
                    f'{former.get(key)!r}, now it is {settings.get(key)!r}. Use the same options, '
                    'or another --out'
                )
            self._remove_unfinished()
        else:
            self._write(path, json.dumps(settings, ensure_ascii=False).encode())

    def finished(self) -> dict[int, dict[str, Any]]:
        """Manifests of the finished parts, by number."""
        self._files.invalidate_cache()
        paths = self._files.glob(f'{self._root}/{_MANIFESTS}/part-*.json')
        contents = self._files.cat(paths) if paths else {}
        return {
            int(str(path).rpartition('part-')[2].removesuffix('.json')): json.loads(content)
            for path, content in sorted(contents.items())
        }

    def write(self, part: Part, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Write the rows of a part, then its manifest, which is returned."""
        encode = _jsonl if self.file_format == 'jsonl' else _parquet
        self._write(self._result(part.name), encode(rows))
        manifest = {
            'inputs': list(part.inputs),
            'rows': len(rows),
            'errors': sum('error' in row for row in rows),
            'process': f'{platform.node()}:{os.getpid()}',
        }
        self._write(
            f'{self._root}/{_MANIFESTS}/{part.name}.json',
            json.dumps(manifest, ensure_ascii=False).encode(),
        )
        return manifest

    def _result(self, name: str) -> str:
        return f'{self._root}/{name}.{self.file_format}'

    def _write(self, path: str, content: bytes) -> None:
        folder, _, name = path.rpartition('/')
        temporary = f'{folder}/.{name}.{uuid.uuid4().hex}'
        self._files.pipe_file(temporary, content)
        self._files.mv(temporary, path)

    def _remove_unfinished(self) -> None:
        """Remove results without a manifest, and files of interrupted processes."""
        finished = self.finished()
        for path in self._files.glob(f'{self._root}/part-*.*'):
            number = int(str(path).rpartition('part-')[2].partition('.')[0])
            if number not in finished:
                self._files.rm_file(path)
        for folder in (self._root, f'{self._root}/{_MANIFESTS}'):
            for path in self._files.glob(f'{folder}/.*part-*'):
                self._files.rm_file(path)


def _jsonl(rows: Iterable[dict[str, Any]]) -> bytes:
    return ''.join(json.dumps(row, ensure_ascii=False) + '\n' for row in rows).encode()


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema=record_schema()), buffer)
    return buffer.getvalue()
