"""Features of the frozen stages of an image tower, computed once per view."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from pipeline.clipter.encoder.tower_identity import hash_weights
from pipeline.utils.feature_store import FeatureStore

_BATCH = 32


def set_frozen_features(model: Any, dataset: Any, folder: str) -> None:
    """Replace the images of a data set by the features of the model's frozen stages.

    The features are kept in files. Their folder is named by the checksum of the weights and of the
    views, so another run, ``--resume``, and a run after an interrupt read them.

    Args:
        model: :class:`ClipPretrainer` with its weights.
        dataset: ``PhotoCaptionsDataset``.
        folder: Folder of the files.
    """
    trunk = model.clip.visual.trunk
    frozen = torch.nn.ModuleList([trunk.conv_stem, trunk.bn1, *trunk.blocks[: model.num_frozen]])
    key = hashlib.sha256((hash_weights(frozen) + dataset.fingerprint).encode()).hexdigest()
    was_training = model.training
    model.eval()
    store = FeatureStore(Path(folder, key[:16]))
    keys = [number.to_bytes(16, 'big') for number in range(len(dataset))]
    missing = [number for number, name in enumerate(keys) if name not in store]
    progress = tqdm(
        total=len(keys),
        initial=len(keys) - len(missing),
        unit='view',
        desc='frozen features',
        disable=None,
    )
    with progress:
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            images = torch.stack([dataset.load_view(number) for number in batch])
            features = model.frozen_features(images.to(memory_format=torch.channels_last))
            names = [keys[number] for number in batch]
            store.add(names, features.half().cpu().contiguous().numpy())
            progress.update(len(batch))
    model.train(was_training)
    dataset.features = torch.from_numpy(store.read(keys))
    store.close()
