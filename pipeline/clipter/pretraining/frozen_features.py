"""Features of the frozen stages of an image tower, computed once per view."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from pipeline.clipter.encoder.tower_identity import hash_weights

_BATCH = 32


def set_frozen_features(model: Any, dataset: Any, folder: str) -> None:
    """Replace the images of a data set by the features of the model's frozen stages.

    The features are kept in a file, whose name is the checksum of the weights and of the views. So
    another run, and ``--resume``, read them.

    Args:
        model: :class:`ClipPretrainer` with its weights.
        dataset: ``PhotoCaptionsDataset``.
        folder: Folder of the file.
    """
    trunk = model.clip.visual.trunk
    frozen = torch.nn.ModuleList([trunk.conv_stem, trunk.bn1, *trunk.blocks[: model.num_frozen]])
    key = hashlib.sha256((hash_weights(frozen) + dataset.fingerprint).encode()).hexdigest()
    path = Path(folder) / f'{key[:16]}.pt'
    if path.is_file():
        dataset.features = torch.load(path, weights_only=True)
        return
    was_training = model.training
    model.eval()
    parts = []
    with tqdm(total=len(dataset), unit='view', desc='frozen features', disable=None) as bar:
        for start in range(0, len(dataset), _BATCH):
            stop = min(start + _BATCH, len(dataset))
            images = torch.stack([dataset.load_view(number) for number in range(start, stop)])
            images = images.to(memory_format=torch.channels_last)
            parts.append(model.frozen_features(images).half().cpu().contiguous())
            bar.update(stop - start)
    model.train(was_training)
    dataset.features = torch.cat(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix('.part')
    torch.save(dataset.features, part)
    part.replace(path)
