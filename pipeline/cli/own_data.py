"""``clipter train --data``: your own images for the configs whose data are in data/own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.common import CommandError, read_annotation

if TYPE_CHECKING:
    from mmengine.config import Config

PLACE = Path('data/own')
"""Folder that the configs name, which ``--data`` replaces."""
DEFAULT_PARTS = Path('work_dirs/default')
"""Where ``clipter unpack-spotter`` writes the embedded default."""


def use_own_data(config: Config, folder: Path) -> None:
    """Train a config on a folder of annotated images; what is missing is made first.

    Args:
        config: Training config with data sets in ``data/own``. It is modified.
        folder: Folder with images and annotations as ``clipter prepare-dataset own`` reads them,
            or with annotations that are prepared already.

    Raises:
        CommandError: If the config has no such data sets.
        ValueError: If the annotations cannot be read, or contain no transcripts for a recognizer.
    """
    nodes = [node for node in _walk(config._cfg_dict.train_dataloader) if _is_own(node)]
    if not nodes:
        raise CommandError(
            f'--data is for configs whose data are in {PLACE}, such as '
            'detection/ppocrv6-small-det_own and recognition/ppocrv6-small_own'
        )
    changed = _prepare(folder)
    if any(Path(node['data_root']) == PLACE / 'cut' for node in nodes):
        _cut(config, folder, changed)
    for node in nodes:
        node['data_root'] = str(folder / Path(node['data_root']).relative_to(PLACE))
    load_from = config.get('load_from')
    if load_from and Path(load_from).parent == DEFAULT_PARTS and not Path(load_from).is_file():
        from pipeline.cli.unpack_spotter import unpack

        unpack(DEFAULT_PARTS)


def _is_own(node: dict[str, Any]) -> bool:
    root = node.get('data_root') or ''
    return Path(root).is_relative_to(PLACE)


def _prepare(folder: Path) -> bool:
    """Write the annotations in MMOCR's format; returns whether the words have changed."""
    from pipeline.cli.prepare_dataset import report_split
    from pipeline.datasets.converters import catalog
    from pipeline.datasets.converters.files import MissingFiles
    from pipeline.datasets.converters.prepare import prepare_dataset

    written = folder / 'textspotting.json'
    before = written.read_bytes() if written.is_file() else b''
    entry = catalog.DATASETS['own']
    try:
        for split in prepare_dataset(entry, folder, tasks=('textdet', 'textspotting')):
            report_split(entry, split)
    except MissingFiles:
        if not (folder / 'textdet.json').is_file():
            raise
        return False  # Prepared by another converter.
    return written.is_file() and written.read_bytes() != before


def _cut(config: Config, folder: Path, changed: bool) -> None:
    words = folder / 'textspotting.json'
    if not words.is_file():
        raise ValueError(
            f'{folder}: the annotations contain no transcripts, which a recognizer is trained on. '
            'Annotate the text of each word, or train the detector only.'
        )
    if not changed and (folder / 'cut' / 'textrecog.json').is_file():
        return
    from pipeline.datasets.word_cutting import WordCutter, cut_all

    (folder / 'cut' / 'images').mkdir(parents=True, exist_ok=True)
    cutter = WordCutter(folder, folder / 'cut', dict(config.rectifier))
    count = cut_all(cutter, read_annotation(words)['data_list'])
    print(f'{count} crops of {words} in {folder / "cut"}')


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for child in node:
            yield from _walk(child)
