"""The recognizer under diagnosis, and what belongs to it."""

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
    """What is diagnosed.

    Attributes:
        recognizer: With context, in evaluation mode.
        rectifier: Cuts words as its training did.
        encoder_config: Of its context encoder.
        spotter: Finds words for it, where end-to-end scores are wanted.
    """

    recognizer: ContextRecognizer
    rectifier: Rectifier
    encoder_config: dict[str, Any]
    spotter: TorchTextSpotter | None = None

    @property
    def gates(self) -> dict[str, float]:
        """tanh(alpha) of every gate, by its name."""
        return {
            name: module.openness
            for name, module in self.recognizer.named_modules()
            if isinstance(module, TanhGate)
        }

    @property
    def device(self) -> torch.device:
        """Where the recognizer is."""
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
        config: A config whose ``model`` is a ``ContextRecognizer`` or a ``TextSpotter`` with one.
        checkpoint: Its weights, of the whole ``model``.
        device: Where it runs.
        spotter: A spotting config with weights of its own; its detector finds words for the
            recognizer of a recognition config.
        cfg_options: Overrides of ``config``, as ``--cfg-options`` gives them.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If there is no context to diagnose, or no rectifier is configured.
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
        finder.rectifier = cutter  # crops as the recognizer knows them
    return Subject(recognizer, cutter, _plain(model.context_encoder), finder)


def find_rectifier(config: Any) -> dict[str, Any]:
    """The first rectifier that a config names, test data before training data.

    Raises:
        ValueError: If there is none.
    """
    for key in ('rectifier', 'test_dataloader', 'val_dataloader', 'train_dataloader'):
        found = _search(config.get(key))
        if found is not None:
            return found
    raise ValueError(
        "the config names no Rectifier: set rectifier=dict(type='Rectifier', size=(32, 128)) to "
        'that of its training data.'
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
            "those named '*_clip-*'."
        )
    if isinstance(recognizer.context_encoder, CachedContextEncoder):
        raise ValueError(
            'the config reads scene tokens from a cache, which has no tower to show other photos '
            'to. Diagnose with the config of the tower itself: the checkpoint fits it.'
        )
    recognizer.use_context = True
    return recognizer


def _plain(node: Any) -> dict[str, Any]:
    """A config node as plain dictionaries."""
    return node.to_dict() if hasattr(node, 'to_dict') else copy.deepcopy(dict(node))
