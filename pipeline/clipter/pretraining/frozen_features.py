"""Features of the frozen stages of an image tower, computed once per view."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from pipeline.clipter.encoder.tower_identity import hash_weights

_BATCH = 32
_FILE_VIEWS = 256  # views per file


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
    parts = []
    with tqdm(total=len(dataset), unit='view', desc='frozen features', disable=None) as bar:
        for start in range(0, len(dataset), _FILE_VIEWS):
            numbers = range(start, min(start + _FILE_VIEWS, len(dataset)))
            path = Path(folder, key[:16], f'{start:06d}.pt')
            if not path.is_file():
                _write(_compute(model, dataset, numbers, bar), path)
            else:
                bar.update(len(numbers))
            parts.append(torch.load(path, weights_only=True))
    model.train(was_training)
    dataset.features = torch.cat(parts)


def _compute(model: Any, dataset: Any, numbers: range, bar: Any) -> Tensor:
    """Features of some views, (N, C, h, w) float16."""
    parts = []
    for start in range(numbers.start, numbers.stop, _BATCH):
        batch = range(start, min(start + _BATCH, numbers.stop))
        images = torch.stack([dataset.load_view(number) for number in batch])
        images = images.to(memory_format=torch.channels_last)
        parts.append(model.frozen_features(images).half().cpu().contiguous())
        bar.update(len(batch))
    return torch.cat(parts)


def _write(features: Tensor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix('.part')
    torch.save(features, part)
    part.replace(path)
