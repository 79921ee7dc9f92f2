"""Runs the context encoder once on each image of data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from pipeline.clipter.cache.context_cache import photo_key
from pipeline.clipter.cache.context_cache_writer import ContextCacheWriter
from pipeline.datasets.native_size import NativeSize
from pipeline.datasets.scene_photo import read_photo
from pipeline.datasets.scene_words_dataset import SceneWordsDataset
from pipeline.datasets.transforms import LoadSceneImage
from pipeline.registry import DATASETS

Photo = tuple[str, tuple[int, int] | None]  # path, native_size


def find_photos(config: Config, names: Sequence[str]) -> list[Photo]:
    """List the images of a config's data sets in order, without duplicates.

    Args:
        config: Training config.
        names: ``'train'``, ``'val'`` and ``'test'`` for the data sets of the dataloaders, or names
            of data sets that the config defines.

    Raises:
        ValueError: If a data set does not exist (the message lists the existing ones) or has no
            images with words.
    """
    photos: dict[Photo, None] = {}
    for name in names:
        found = [
            photo
            for dataset in _scene_sets(DATASETS.build(_dataset_config(config, name)))
            for photo in _images_of(dataset)
        ]
        if not found:
            raise ValueError(f'the data set {name!r} has no image with words')
        photos.update(dict.fromkeys(found))
    return list(photos)


def extract_tokens(
    encoder: Any,
    photos: Sequence[Photo],
    directory: str | Path,
    *,
    workers: int = 0,
    shard_photos: int = 512,
    report: Callable[[int], Any] = lambda count: None,
) -> int:
    """Encode the images that a context cache does not contain yet.

    Args:
        encoder: Context encoder, called with up to ``encoder.batch_size`` images.
        photos: Images; see :func:`find_photos`.
        directory: Folder of the cache, new or of the same encoder.
        workers: Number of processes that decode images.
        shard_photos: Number of images per shard.
        report: Called after each batch with its number of images.

    Returns:
        Number of encoded images.

    Raises:
        ValueError: If the folder contains tokens of another encoder, or an image cannot be read.
    """
    added = 0
    with ContextCacheWriter(directory, encoder, shard_photos) as writer:
        loader = DataLoader(
            _Decoded(photos, writer.keys()),
            encoder.batch_size,
            num_workers=workers,
            collate_fn=_as_list,
        )
        for batch in loader:
            new = {key: image for key, image in batch if image is not None and key not in writer}
            if new:
                for key, tokens in zip(new, encoder(list(new.values()))):
                    writer.add(key, tokens)
                added += len(new)
            report(len(batch))
    return added


class _Decoded(Dataset):
    """Keys and pixels of images; the pixels are None if the key is known."""

    def __init__(self, photos: Sequence[Photo], known: frozenset[str]) -> None:
        self.photos = photos
        self.known = known

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> tuple[str, np.ndarray | None]:
        path, size = self.photos[index]
        key = photo_key(Path(path).read_bytes(), size)
        if key in self.known:
            return key, None
        return key, read_photo(path, NativeSize(size)).image


def _as_list(batch: list[Any]) -> list[Any]:
    return batch


def _dataset_config(config: Config, name: str) -> Any:
    loader = config.get(f'{name}_dataloader')
    found = loader.get('dataset') if loader else config.get(name)
    if not isinstance(found, dict) or 'type' not in found:
        named = [
            key
            for key, value in config.items()
            if isinstance(value, dict) and 'ann_file' in value and 'data_root' in value
        ]
        raise ValueError(f'the config has no data set {name!r}; it has {["train", *named]}')
    return found


def _images_of(dataset: SceneWordsDataset) -> Iterator[Photo]:
    loaders = [each for each in dataset.pipeline.transforms if isinstance(each, LoadSceneImage)]
    size = loaders[0].native_size.size if loaders else None
    for idx in range(len(dataset)):
        info = dataset.get_data_info(idx)
        if info['has_scene']:
            yield info['img_path'], size
        elif info['scene'] is not None:
            cut_size = info['scene'].native_size
            yield info['scene'].path, None if cut_size is None else (cut_size[0], cut_size[1])


def _scene_sets(dataset: Any) -> list[SceneWordsDataset]:
    if isinstance(dataset, SceneWordsDataset):
        return [dataset]
    parts = getattr(dataset, 'datasets', [getattr(dataset, 'dataset', None)])
    return [scene_set for part in parts if part is not None for scene_set in _scene_sets(part)]
