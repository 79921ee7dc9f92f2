"""Word crops in LMDBs, in the format of PARSeq, ABINet and the deep-text-recognition benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.split import DatasetSplit
from pipeline.utils.natural_sort import natural_key

_SUFFIXES = ((b'\xff\xd8', 'jpg'), (b'\x89PNG', 'png'), (b'GIF8', 'gif'), (b'BM', 'bmp'))


def read_word_lmdb(root: Path) -> list[DatasetSplit]:
    """Read every LMDB under ``root`` as a split named after its path.

    ``train/real/ArT/val`` becomes the split ``train_real_ArT_val``; an LMDB in ``root`` has no
    name. Crops stay in the database until they are written as files.

    Raises:
        ImportError: If the package lmdb is not installed.
        MissingFiles: If there is no ``data.mdb``.
        ValueError: If a database lacks a key. The message contains database and key.
    """
    folders = [path.parent for path in root.rglob('data.mdb')]
    if not folders:
        raise MissingFiles([f'data.mdb in {root} or a folder under it'])
    splits = []
    for folder in sorted(folders, key=lambda path: natural_key(path.as_posix())):
        name = '_'.join(folder.relative_to(root).parts)
        samples = LmdbWords(folder, f'textrecog_{name}' if name else 'textrecog')
        splits.append(DatasetSplit(name, samples, read_crop=samples.read_crop))
    return splits


class LmdbWords(Sequence[dict]):
    """The words of one LMDB, read on access.

    Keys are ``num-samples``, ``image-000000001`` and ``label-000000001``, counted from 1. Values
    are the number as text, an encoded image, and UTF-8 text.

    Args:
        folder: Folder with ``data.mdb``.
        crop_folder: First part of the samples' ``img_path``.

    Raises:
        ImportError: If the package lmdb is not installed.
        ValueError: If the number of samples is missing.
    """

    def __init__(self, folder: Path, crop_folder: str) -> None:
        self.folder = folder
        self.crop_folder = crop_folder
        self._database = _open(folder)
        count = self._get('num-samples')
        if not count.isdigit():
            raise ValueError(f'{folder}: expected a number as num-samples, got {count!r}')
        self._count = int(count)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> dict: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict]: ...
    def __getitem__(self, index: int | slice) -> dict | list[dict]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        text = self._get(f'label-{index + 1:09d}').decode('utf-8')
        head = self._get(f'image-{index + 1:09d}')[:4]
        suffix = next((suffix for mark, suffix in _SUFFIXES if head.startswith(mark)), 'img')
        path = f'{self.crop_folder}/{index + 1:09d}.{suffix}'
        return {'img_path': path, 'instances': [{'text': text}]}

    def read_crop(self, img_path: str) -> bytes:
        """The encoded image of a sample."""
        return self._get(f'image-{Path(img_path).stem}')

    def _get(self, key: str) -> bytes:
        with self._database.begin() as reader:
            value = reader.get(key.encode())
        if value is None:
            raise ValueError(f'{self.folder}: the database has no key {key}')
        return bytes(value)


def _open(folder: Path) -> Any:
    try:
        import lmdb
    except ImportError:
        raise ImportError('Reading LMDBs needs the package lmdb: pip install lmdb') from None
    return lmdb.open(
        str(folder), readonly=True, lock=False, readahead=False, meminit=False, create=False
    )


WORD_LMDB = DatasetEntry(
    name='word-lmdb',
    title="Word crops in LMDBs (PARSeq's format)",
    task='textrecog',
    read_splits=read_word_lmdb,
    layout="""
train/real/ArT/train/data.mdb    keys num-samples, image-%09d, label-%09d
train/synth/MJ/train/data.mdb
val/IIIT5k/data.mdb
test/IIIT5k/data.mdb ...
or data.mdb of one data set
""",
    url='https://github.com/baudm/parseq/blob/main/Datasets.md',
    licence='that of each set',
    size='not stated by its owners',
    language='that of each set',
    published={},
    wanted={},
)
