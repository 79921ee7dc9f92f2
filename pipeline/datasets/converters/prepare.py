"""Converts a data set to the files that training and scoring read."""

from __future__ import annotations

import os
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.datasets.converters.annotation_file import (
    detection_sample,
    write_annotation_file,
)
from pipeline.datasets.converters.crops import write_crops
from pipeline.datasets.converters.entry import TASKS, DatasetEntry, Task
from pipeline.datasets.converters.split import DatasetSplit, SplitCounts
from pipeline.datasets.left_out_words import LeftOutWords
from pipeline.evaluation.words import DONT_CARE
from pipeline.io.submission_lines import quad_line
from pipeline.utils.atomic_write import write_whole

_MAX_LENGTH = 25  # max_length of most recognizers


@dataclass(frozen=True)
class PreparedSplit:
    """Summary of a converted split.

    Attributes:
        name: Name of the split; empty if the layout has no name.
        found: Number of images and legible words.
        ignored: Number of words marked as illegible.
        published: Numbers that the owners publish.
        paths: Files and folders that were written.
        left_out: Counts and examples of words that training may leave out, by reason: without
            text, longer than 25 characters, or with characters other than printable ASCII. Empty
            if no such words exist.
    """

    name: str
    found: SplitCounts
    ignored: int
    published: SplitCounts
    paths: tuple[Path, ...]
    left_out: str = ''


def prepare_dataset(
    entry: DatasetEntry,
    root: Path,
    out: Path | None = None,
    splits: Sequence[str] | None = None,
    tasks: Sequence[Task] = TASKS,
) -> Iterator[PreparedSplit]:
    """Write MMOCR JSON (and word crops) of every split that is found.

    Files are ``textdet_{split}.json``, ``textspotting_{split}.json`` and ``textrecog_{split}.json``
    with crops in ``textrecog_{split}/``; without ``_{split}`` if the split has no name. Paths in a
    JSON are relative to its folder. If a data set has a lexicon per image, the lexicons are written
    to ``lexicons/strong`` and the ground truth to ``gt_{split}``, in the format of
    ``clipter evaluate``. If spotting is scored with a lexicon, all words of the split are written
    to ``lexicons/weak_{split}.txt``.

    Args:
        entry: Data set.
        root: Folder of the data set.
        out: Output folder; ``root`` if None.
        splits: Names of splits, or name prefixes (``test`` for ``test_IIIT5k``); None for all.
        tasks: Tasks to write; tasks that the data set does not support are skipped.

    Yields:
        A summary of each split after it is written.

    Raises:
        MissingFiles: If no split is found or a split is incomplete.
        ValueError: If a file is malformed, or if none of ``splits`` is found.
    """
    out = root if out is None else out
    found = entry.read(root)
    chosen = [split for split in found if splits is None or _is_wanted(split.name, splits)]
    if not chosen:
        names = ', '.join(split.name or '(unnamed)' for split in found)
        raise ValueError(f'{root}: expected splits {", ".join(splits or [])}, got only {names}.')
    for split in chosen:
        yield PreparedSplit(
            name=split.name,
            found=split.counts(),
            ignored=split.ignored_words(),
            published=split.published or entry.published.get(split.name, SplitCounts()),
            paths=tuple(_write_split(entry, split, root, out, tasks)),
            left_out=_left_out(split) if split.has_text and set(tasks) != {'textdet'} else '',
        )


def _left_out(split: DatasetSplit) -> str:
    """Words that the usual charset and length of a recognizer leave out."""
    ascii_characters = string.ascii_letters + string.digits + string.punctuation
    words = LeftOutWords(ascii_characters, _MAX_LENGTH, 'the 94 printable ASCII characters')
    for sample in split.samples:
        for word in sample['instances']:
            if not word.get('ignore', False):
                words.takes(word['text'])
    return str(words)


def _is_wanted(name: str, splits: Iterable[str]) -> bool:
    return any(name == wanted or name.startswith(f'{wanted}_') for wanted in splits)


def _write_split(
    entry: DatasetEntry, split: DatasetSplit, root: Path, out: Path, tasks: Sequence[Task]
) -> Iterator[Path]:
    suffix = f'_{split.name}' if split.name else ''
    has_images = entry.task == 'textspotting'
    samples = [_relative_to(out, root, sample) for sample in split.samples]
    for task in TASKS:
        path = out / f'{task}{suffix}.json'
        if task not in tasks or not (has_images or task == 'textrecog'):
            continue
        if task == 'textdet':
            write_annotation_file(path, task, map(detection_sample, samples))
        elif not split.has_text:
            continue
        elif task == 'textspotting':
            write_annotation_file(path, task, samples)
        elif has_images:
            folder = path.with_suffix('')
            write_annotation_file(path, task, write_crops(root, folder, split.samples))
            yield folder
        else:
            write_annotation_file(path, task, _word_samples(split, samples, out))
        yield path
    if entry.by_lexicon:
        yield _write_vocabulary(split, out / 'lexicons' / f'weak{suffix}.txt')
    if split.lexicons is not None:
        yield _write_lexicons(split, out / 'lexicons' / 'strong')
        yield _write_ground_truth(split, out / f'gt{suffix}')


def _relative_to(out: Path, root: Path, sample: dict) -> dict:
    if out == root:
        return sample
    path = os.path.relpath(root.resolve() / sample['img_path'], out.resolve())
    return {**sample, 'img_path': Path(path).as_posix()}


def _word_samples(split: DatasetSplit, samples: Iterable[dict], out: Path) -> Iterator[dict]:
    """Legible word crops; crops from a database are written as files."""
    for source, sample in zip(split.samples, samples, strict=True):
        if not sample['instances'][0]['text']:
            continue
        if split.read_crop is not None:
            sample = source
            _write_crop(out / source['img_path'], split.read_crop(source['img_path']))
        yield sample


def _write_crop(path: Path, content: bytes) -> None:
    if not path.is_file() or path.stat().st_size != len(content):
        write_whole(path, content)


def _write_lexicons(split: DatasetSplit, folder: Path) -> Path:
    for stem, words in (split.lexicons or {}).items():
        content = ''.join(f'{word}\n' for word in words)
        write_whole(folder / f'voc_{stem}.txt', content.encode('utf-8'))
    return folder


def _write_vocabulary(split: DatasetSplit, path: Path) -> Path:
    words = {
        word['text'].upper()
        for sample in split.samples
        for word in sample['instances']
        if not word['ignore']
    }
    write_whole(path, ''.join(f'{word}\n' for word in sorted(words)).encode('utf-8'))
    return path


def _write_ground_truth(split: DatasetSplit, folder: Path) -> Path:
    for sample in split.samples:
        lines = [
            quad_line(
                np.reshape(word['polygon'], (-1, 2)), DONT_CARE if word['ignore'] else word['text']
            )
            for word in sample['instances']
        ]
        stem = PurePosixPath(sample['img_path']).stem
        write_whole(folder / f'gt_{stem}.txt', ''.join(f'{line}\n' for line in lines).encode())
    return folder
