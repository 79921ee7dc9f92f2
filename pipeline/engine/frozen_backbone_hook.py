"""Computes the features of a frozen backbone once per crop instead of once per iteration."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor, nn

from pipeline.clipter.encoder.tower_identity import hash_weights
from pipeline.registry import HOOKS
from pipeline.utils.feature_store import FeatureStore

_CHANGING = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)


@HOOKS.register_module()
class FrozenBackboneHook(Hook):
    """Keeps the features of a frozen backbone in a folder while a recognizer is trained.

    The hook saves time if each crop is seen several times with the same pixels, so the data
    pipeline must have no random transforms, and crops of one size. In a distributed run each
    process computes the features of the crops that it sees. Features are kept in float16. Later
    trainings on the same backbone read them too.

    Args:
        folder: Folder of the features. Each backbone has its own subfolder, named by the checksum
            of its weights.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._wrapped: tuple[Any, FeatureStore] | None = None

    def before_train(self, runner: Runner) -> None:
        """Replace the backbone's forward.

        Raises:
            ValueError: If the backbone has weights that are trained, or norms or dropouts that
                depend on the batch.
        """
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        backbone = getattr(model, 'recognizer', model).backbone
        backbone.train()
        parts = [part for part in backbone.modules() if isinstance(part, _CHANGING)]
        if any(weight.requires_grad for weight in backbone.parameters()) or any(
            part.training for part in parts
        ):
            raise ValueError(
                'FrozenBackboneHook needs a frozen backbone, but the backbone has weights that are '
                'trained, or norms or dropouts in training mode. Set its frozen_stages to the '
                'number of its parts, or remove the hook.'
            )
        store = FeatureStore(Path(self.folder, _fingerprint(backbone)))
        plain = backbone.forward

        def forward(crops: Tensor) -> Tensor:
            return _look_up(store, plain, crops) if backbone.training else plain(crops)

        backbone.forward = forward
        self._wrapped = backbone, store

    def after_train(self, runner: Runner) -> None:
        """Restore the backbone's forward."""
        if self._wrapped is not None:
            backbone, store = self._wrapped
            del backbone.forward  # the class's method is visible again
            store.close()
            self._wrapped = None


def _look_up(store: FeatureStore, plain: Any, crops: Tensor) -> Tensor:
    """Features of crops (N, C, H, W); those that are not in the store are computed and added."""
    keys = [
        hashlib.blake2b(crop.tobytes(), digest_size=16).digest()
        for crop in crops.detach().cpu().contiguous().numpy()
    ]
    missing = {key: index for index, key in enumerate(keys) if key not in store}
    if missing:
        new = crops[list(missing.values())].contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast(crops.device.type, enabled=False):
            features = plain(new)
        store.add(list(missing), features.half().cpu().contiguous().numpy())
    return torch.from_numpy(store.read(keys)).to(crops.device, crops.dtype)


def _fingerprint(backbone: nn.Module) -> str:
    """Checksum of the weights and the structure, which contains pooling and strides."""
    printed = re.sub(r'\ninit_cfg=.*', '', str(backbone))  # the file of the weights may move
    structure = f'{printed}{getattr(backbone, "pool", None)}'
    return hashlib.sha256((hash_weights(backbone) + structure).encode()).hexdigest()[:16]
