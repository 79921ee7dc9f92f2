"""Annotations of cut words with a part of the images, or with the scene of another image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.analysis.context.conditions import swap_photos
from pipeline.analysis.gt_images import read_entries
from pipeline.utils.atomic_write import write_whole

ANNOTATION = 'textrecog.json'


def read_cut_words(folder: Path) -> list[dict[str, Any]]:
    """Entries of a folder of ``clipter cut-words``.

    Raises:
        FileNotFoundError: If the folder has no annotation.
        ValueError: If no word has a scene.
    """
    path = folder / ANNOTATION
    if not path.is_file():
        raise FileNotFoundError(
            f'no {path}: cut the words first, clipter cut-words _base_/ppocrv6-small '
            f'--data JSON --out {folder}'
        )
    entries = read_entries(path)
    if not any('scene' in entry for entry in entries):
        raise ValueError(
            f'{path} does not name the image of any crop: cut the words of images again with '
            'clipter cut-words.'
        )
    return entries


def derive_annotation(folder: Path, out: Path, share: float, shuffled: bool, seed: int) -> Path:
    """Write the annotation of one training run.

    Args:
        folder: Folder of ``clipter cut-words``.
        out: File to write, unless it exists.
        share: Share of the images whose words are kept.
        shuffled: Whether each image is replaced by another one as the scene of its words.
        seed: Random seed of both.
    """
    if share == 1 and not shuffled:
        return folder / ANNOTATION
    if not out.is_file():
        entries = keep_share(read_cut_words(folder), share, seed)
        entries = shuffle_scenes(entries, seed) if shuffled else entries
        written = json.dumps({'metainfo': {}, 'data_list': entries}, ensure_ascii=False)
        write_whole(out, written.encode())
    return out


def keep_share(entries: Sequence[dict[str, Any]], share: float, seed: int) -> list[dict[str, Any]]:
    """The words of a random share of the images. A larger share contains a smaller one."""
    keys = _keys(entries)
    kept = np.random.default_rng(seed).permutation(len(keys))[: max(2, round(share * len(keys)))]
    some = {keys[i] for i in kept}
    return [entry for entry in entries if _key(entry) in some]


def shuffle_scenes(entries: Sequence[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """The same words, those of each image with the scene of another image."""
    scenes = {_key(entry): entry['scene'] for entry in entries if 'scene' in entry}
    keys = list(scenes)
    other = swap_photos(len(keys), seed)
    swapped = {key: scenes[keys[i]] for key, i in zip(keys, other)}
    return [
        {**entry, 'scene': swapped[_key(entry)]} if 'scene' in entry else entry for entry in entries
    ]


def _keys(entries: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(_key(entry) for entry in entries))


def _key(entry: dict[str, Any]) -> str:
    """Key of the image of a crop; a crop without image is its own."""
    return entry['scene']['key'] if 'scene' in entry else entry['img_path']
