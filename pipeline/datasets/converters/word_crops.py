"""Folders of word crops with a tab-separated list of texts."""

from __future__ import annotations

from pathlib import Path

from pipeline.datasets.converters.entry import DatasetEntry
from pipeline.datasets.converters.files import MissingFiles, read_lines
from pipeline.datasets.converters.split import DatasetSplit


def read_word_crops(root: Path) -> list[DatasetSplit]:
    """Read ``root/gt/labels.tsv``.

    Lines are ``file<TAB>text``; files are in ``root/images`` (or ``root``).

    Raises:
        MissingFiles: If the list or a crop is missing.
        ValueError: If a line has no tab.
    """
    labels = root / 'gt' / 'labels.tsv'
    if not labels.is_file():
        raise MissingFiles([f'{labels} (transcripts of the crops)'])
    folder = 'images' if (root / 'images').is_dir() else '.'
    samples, missing = [], []
    for number, line in read_lines(labels):
        name, tab, text = line.partition('\t')
        if not tab:
            raise ValueError(f'{labels}, line {number}: expected file<TAB>transcript, got {line!r}')
        if not (root / folder / name).is_file():
            missing.append(f'{root / folder / name} ({labels.name}, line {number})')
        samples.append({'img_path': f'{folder}/{name}', 'instances': [{'text': text}]})
    if missing:
        raise MissingFiles(missing)
    return [DatasetSplit('', samples)]


WORD_CROPS = DatasetEntry(
    name='word-crops',
    title='A folder of word crops',
    task='textrecog',
    read_splits=read_word_crops,
    layout="""
images/          crops
gt/labels.tsv    one crop per line: file<TAB>transcript
""",
    url="your own crops; the layout is this project's own",
    licence='that of the crops',
    size='any',
    language='any',
    published={},
    wanted={},
)
