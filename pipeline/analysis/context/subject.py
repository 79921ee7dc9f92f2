"""The recognizer to diagnose, with its rectifier and spotter."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from pipeline.clipter.cache.cached_context_encoder import CachedContextEncoder
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.fusion import TanhGate
from pipeline.rectification import Rectifier
from pipeline.registry import MODELS, TASK_UTILS
from pipeline.spotter import TextSpotter
from pipeline.torch_spotter import TorchTextSpotter
from pipeline.utils.checkpoint import load_weights


@dataclass(frozen=True, eq=False)
class Subject:
    """A recognizer to diagnose.

    Attributes:
        recognizer: Recognizer with context, in evaluation mode.
        rectifier: Rectifier that the recognizer was trained with.
        encoder_config: Config of the context encoder.
        spotter: Spotter with this recognizer, for end-to-end scores, or None.
    """

    recognizer: ContextRecognizer
    rectifier: Rectifier
    encoder_config: dict[str, Any]
    spotter: TorchTextSpotter | None = None

    @property
    def gates(self) -> dict[str, float]:
        """Gate name -> tanh(alpha)."""
        return {
            name: module.openness
            for name, module in self.recognizer.named_modules()
            if isinstance(module, TanhGate)
        }

    @property
    def device(self) -> torch.device:
        """Device of the recognizer."""
        return next(self.recognizer.parameters()).device


def load_subject(
    config: str | os.PathLike[str] | Config,
    checkpoint: str | os.PathLike[str],
    device: str | torch.device = 'cpu',
    spotter: str | os.PathLike[str] | None = None,
    cfg_options: Mapping[str, Any] | None = None,
) -> Subject:
    """Build the recognizer of a recognition or a spotting config.

    Args:
        config: Config whose ``model`` is a ``ContextRecognizer`` or a ``TextSpotter`` with one.
        checkpoint: Path of the weights of the whole ``model``.
        device: Device of the recognizer.
        spotter: Path of a spotting config with its own weights. Its detector finds words for the
            recognizer of a recognition config.
        cfg_options: Entries of ``config`` to override, as ``--cfg-options`` gives them.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If the recognizer has no context, or the config has no rectifier.
    """
    config = _read(config, cfg_options)
    model: Any = config.get('model') or {}
    if model.get('type') == 'TextSpotter':
        whole = TextSpotter.from_config(config, checkpoint, device)
        recognizer = _check_context(whole.recognizer)
        return Subject(recognizer, whole.rectifier, _plain(model.recognizer.context_encoder), whole)
    if model.get('type') != 'ContextRecognizer':
        raise ValueError(
            "wanted a config with model.type='ContextRecognizer', or 'TextSpotter' with one, got "
            f'{model.get("type")!r}: without context there is nothing to diagnose.'
        )
    rectifier = find_rectifier(config)
    with DefaultScope.overwrite_default_scope('mmocr'):
        recognizer = MODELS.build(copy.deepcopy(model))
        cutter = TASK_UTILS.build(copy.deepcopy(rectifier))
    load_weights(recognizer, checkpoint)
    recognizer = _check_context(recognizer.to(device).eval())
    finder = None
    if spotter is not None:
        finder = TextSpotter.from_config(spotter, device=device)
        finder.recognizer = recognizer
        finder.rectifier = cutter  # The recognizer was trained with this rectifier.
    return Subject(recognizer, cutter, _plain(model.context_encoder), finder)


def find_rectifier(config: Any) -> dict[str, Any]:
    """The first ``Rectifier`` in a config. Test data are searched before training data.

    Raises:
        ValueError: If the config has no rectifier.
    """
    for key in ('rectifier', 'test_dataloader', 'val_dataloader', 'train_dataloader'):
        found = _search(config.get(key))
        if found is not None:
            return found
    raise ValueError(
        'the config has no Rectifier: set the one of the training data, such as '
        "rectifier=dict(type='Rectifier', size=(32, 128))."
    )


def _read(config: Any, cfg_options: Mapping[str, Any] | None) -> Config:
    if not isinstance(config, Config):
        if not Path(config).is_file():
            raise FileNotFoundError(f'no config {config}')
        config = Config.fromfile(config)
    config = copy.deepcopy(config)
    if cfg_options:
        config.merge_from_dict(dict(cfg_options))
    return config


def _search(node: Any) -> dict[str, Any] | None:
    if isinstance(node, Mapping):
        if node.get('type') == 'Rectifier':
            return _plain(node)
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for child in node:
            found = _search(child)
            if found is not None:
                return found
    return None


def _check_context(recognizer: Any) -> ContextRecognizer:
    if not isinstance(recognizer, ContextRecognizer) or recognizer.context_encoder is None:
        raise ValueError(
            f'{type(recognizer).__name__} has no scene context, or no encoder for it: there is '
            'nothing to diagnose. Use a config whose recognizer is a ContextRecognizer, such as '
            "'*_clip-*.py'."
        )
    if isinstance(recognizer.context_encoder, CachedContextEncoder):
        raise ValueError(
            'the config reads scene tokens from a cache, which cannot encode other images. Use the '
            'config with the tower; the same checkpoint fits it.'
        )
    recognizer.use_context = True
    return recognizer


def _plain(node: Any) -> dict[str, Any]:
    """A config node as dictionaries."""
    return node.to_dict() if hasattr(node, 'to_dict') else copy.deepcopy(dict(node))
