"""Search for missing checkpoints and annotations before a run starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.config import Config

from pipeline.cli.config_files import config_names


def find_missing_files(config: Config) -> list[str]:
    """Missing files of a training config.

    Args:
        config: Config of the run.

    Returns:
        One line per missing file: its path, the config entry that names it, and what to do.
    """
    lines = []
    checkpoints = [('load_from', config.get('load_from'))]
    if isinstance(config.get('resume'), str):
        checkpoints.append(('resume', config.resume))
    checkpoints += [
        (f'{place}.checkpoint', node['checkpoint'])
        for place, node in _walk(config.get('model'), 'model')
        if node.get('type') == 'Pretrained' and 'checkpoint' in node
    ]
    for place, checkpoint in checkpoints:
        is_local = isinstance(checkpoint, str) and '://' not in checkpoint
        if is_local and not Path(checkpoint).is_file():
            lines.append(f'no checkpoint at {checkpoint} ({place}). {_advise(checkpoint, place)}')
    loaders = ['train_dataloader'] + (['val_dataloader'] if config.get('val_cfg') else [])
    missing: dict[Path, str] = {}
    for loader in loaders:
        for place, node in _walk(config.get(loader), loader):
            if not node.get('ann_file'):
                continue
            path = Path(node.get('data_root') or '') / node['ann_file']
            if not path.is_file():
                missing.setdefault(path, place)
    lines += [
        f'no annotation at {path} ({place}). data/README.md describes where data sets '
        'come from and how to prepare them.'
        for path, place in missing.items()
    ]
    return lines


def _advise(checkpoint: str, place: str) -> str:
    """What to do about a missing checkpoint; its folder names the config that produces it."""
    name = Path(checkpoint).parent.name
    configs = [each for each in config_names() if Path(each).name == name]
    train = 'Set'
    if configs:
        command = f'train {configs[0]}'
        if configs[0].startswith('spotting/'):  # the two parts of a spotter are trained separately
            command = f'unpack-spotter --out {Path(checkpoint).parent}'
        train = f'Make it first: clipter {command}. Or set'
    if place.endswith('.checkpoint'):
        whole = place.removesuffix('.checkpoint')
        return f'{train} --cfg-options {place}=FILE, or {whole}=None to start without it.'
    return f'{train} another file, or None to start without it.'


def _walk(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield place, node
        for key, child in node.items():
            yield from _walk(child, f'{place}.{key}')
    elif isinstance(node, (list, tuple)):
        for number, child in enumerate(node):
            yield from _walk(child, f'{place}.{number}')
