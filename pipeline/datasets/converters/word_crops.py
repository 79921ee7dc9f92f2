"""Folders of word crops with a tab-separated list of transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def read_word_crops(root: Path) -> Iterator[dict]:
    """Yield one MMOCR text recognition sample a line of ``root/gt/labels.tsv``.

    Lines are ``file<TAB>transcript``; files lie in ``root/images`` (or ``root``).

    Raises:
        FileNotFoundError: If the list or a crop it names is missing.
        ValueError: If a line has no tab.
    """
    labels = root / 'gt' / 'labels.tsv'
    if not labels.is_file():
        raise FileNotFoundError(f'wanted a list of transcripts at {labels}')
    folder = 'images' if (root / 'images').is_dir() else '.'
    for number, line in enumerate(labels.read_text(encoding='utf-8-sig').splitlines(), 1):
        if not line.strip():
            continue
        name, tab, text = line.partition('\t')
        if not tab:
            raise ValueError(f'{labels}, line {number}: wanted file<TAB>transcript, got {line!r}')
        if not (root / folder / name).is_file():
            raise FileNotFoundError(f'{labels}, line {number}: no crop {root / folder / name}')
        yield {'img_path': f'{folder}/{name}', 'instances': [{'text': text}]}
