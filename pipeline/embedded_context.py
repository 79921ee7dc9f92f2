"""Scene context for the embedded default: a fusion beside its weights, added on request.

torch is imported inside the functions, so that missing weights are reported at once.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.spotter_recipe import ContextRecipe

if TYPE_CHECKING:
    import torch
    from mmengine.config import Config
    from torch import nn

    from pipeline.clipter.context_recognizer import ContextRecognizer
    from pipeline.torch_spotter import TorchTextSpotter

CONTEXT_CONFIG = Path(__file__).parent / 'weights' / 'default_context.py'
CONTEXT_WEIGHTS = CONTEXT_CONFIG.with_suffix('.safetensors')

_PARTS = ('fusion.', 'context_encoder.')


def check_embedded_context(engine: str = 'auto', weights: Path = CONTEXT_WEIGHTS) -> None:
    """Check that the embedded default can use scene context.

    Raises:
        ValueError: If ``engine`` is not ``'torch'`` or ``'auto'``.
        FileNotFoundError: If the weights of the fusion are missing.
    """
    if engine not in ('torch', 'auto'):
        raise ValueError('scene context runs in torch, not in ONNX Runtime: leave out the engine.')
    if not weights.is_file():
        raise FileNotFoundError(
            f'scene context needs a trained fusion, and {weights} is not in this installation. '
            'Install the package again, or train one (clipter train recognition/'
            'ppocrv6-small_clipter-lite0-kinf_gated-early_synth-real), and write it with '
            f'clipter pack-fusion CHECKPOINT --out {weights}.'
        )


def default_with_context(device: str = 'auto', engine: str = 'auto') -> TorchTextSpotter:
    """The embedded default with scene context; see :meth:`TextSpotter.default`.

    Raises:
        FileNotFoundError: If the weights of the fusion or of the tower are missing.
        ValueError: If ``engine`` is not ``'torch'`` or ``'auto'``.
    """
    check_embedded_context(engine)
    from pipeline.spotter import DEFAULT_CONFIG
    from pipeline.torch_spotter import build_torch_spotter
    from pipeline.utils.device import choose_device

    spotter = build_torch_spotter(DEFAULT_CONFIG, None, choose_device(device), False)
    add_context(spotter)
    return spotter


def add_context(
    spotter: TorchTextSpotter,
    config: str | os.PathLike[str] | Config = CONTEXT_CONFIG,
    weights: Path = CONTEXT_WEIGHTS,
) -> None:
    """Add tower and fusion to a spotter that was built to read; see :func:`with_context`."""
    from mmengine.config import Config

    if not isinstance(config, Config):
        config = Config.fromfile(config)
    spotter.recognizer = with_context(spotter.recognizer, config, weights)
    if spotter._recipe is not None:
        context = ContextRecipe(config.model.to_dict(), os.fspath(weights))
        spotter._recipe = replace(spotter._recipe, context=context)


def with_context(
    recognizer: nn.Module,
    config: str | os.PathLike[str] | Config = CONTEXT_CONFIG,
    weights: Path = CONTEXT_WEIGHTS,
) -> ContextRecognizer:
    """Add tower and fusion to a plain recognizer, whose weights and outputs stay the same.

    Args:
        recognizer: Recognizer with its weights.
        config: Path, or a loaded config with ``model``, a ``ContextRecognizer`` without
            ``recognizer``.
        weights: Weights of the fusion.

    Raises:
        FileNotFoundError: If the weights of the fusion or of the tower are missing.
        ValueError: If the fusion was trained with another tower.
    """
    check_embedded_context(weights=weights)
    import torch
    from mmengine.config import Config
    from mmengine.registry import DefaultScope

    import pipeline.clipter  # noqa: F401  registers the modules that the config names
    from pipeline.registry import MODELS
    from pipeline.utils.checkpoint import load_weights
    from pipeline.utils.weight_files import read_state

    if not isinstance(config, Config):
        config = Config.fromfile(config)
    settings = config.model.to_dict()
    with DefaultScope.overwrite_default_scope('mmocr'):
        model: Any = MODELS.build({**settings, 'recognizer': recognizer})
    model.context_encoder.check_state(read_state(weights), 'context_encoder.')
    load_weights(model.fusion, weights, prefix='fusion.')
    device = next(recognizer.parameters()).device
    # The recognizer is not converted, because exact results depend on its memory layout.
    model.context_encoder.to(memory_format=torch.channels_last)
    return model.to(device).eval()


def save_fusion(checkpoint: str | os.PathLike[str], path: Path, dtype: torch.dtype) -> int:
    """Write the fusion of a context recognizer's checkpoint, with the identity of its tower.

    Args:
        checkpoint: Checkpoint of a ``ContextRecognizer``.
        path: File to write, safetensors.
        dtype: Dtype of the weights in the file. The gate keeps its own.

    Returns:
        Number of parameters.

    Raises:
        ValueError: If the checkpoint has no fusion.
    """
    from safetensors.torch import save

    from pipeline.utils.atomic_write import write_whole
    from pipeline.utils.weight_files import read_state

    state = {
        name: value.to(dtype) if value.is_floating_point() and value.ndim else value
        for name, value in read_state(Path(checkpoint)).items()
        if name.startswith(_PARTS)
    }
    if not any(name.startswith('fusion.') for name in state):
        raise ValueError(f'{checkpoint} has no fusion: wanted weights of a ContextRecognizer')
    write_whole(path, save({name: value.contiguous() for name, value in state.items()}))
    return sum(value.numel() for name, value in state.items() if name.startswith('fusion.'))
