"""The parts of a context recognizer: built, and checked to fit each other."""

from __future__ import annotations

import copy
from typing import Any

from mmocr.models.textrecog import EncoderDecoderRecognizer
from torch import nn

from pipeline.registry import MODELS


def build_part(module: dict[str, Any] | nn.Module) -> Any:
    """A module from its config, which stays as it is; or the module itself."""
    if isinstance(module, nn.Module):
        return module
    return MODELS.build(copy.deepcopy(module))  # building pops from the config


def build_fusion(fusion: dict[str, Any] | nn.Module, encoder: Any, late_dim: int | None) -> Any:
    """A fusion that fits its context encoder and its late place.

    Args:
        fusion: Its config, or one that is built.
        encoder: The context encoder, or None.
        late_dim: D at the late place; None at the early one, which does not say.

    Raises:
        ValueError: If a width is neither given nor known, or is another.
    """
    if isinstance(fusion, dict):
        fusion = dict(fusion)
        if fusion.get('context_dim') is None:
            if encoder is None:
                raise ValueError('fusion.context_dim must be given where context_encoder=None.')
            fusion['context_dim'] = encoder.embed_dim
        if fusion.get('embed_dim') is None:
            if late_dim is None:
                raise ValueError(
                    "fusion.embed_dim must be given: the width of the recognizer's features."
                )
            fusion['embed_dim'] = late_dim
    built = build_part(fusion)
    if encoder is not None and built.context_dim != encoder.embed_dim:
        raise ValueError(
            f'context_dim={built.context_dim}, but {encoder!s} yields {encoder.embed_dim}-wide '
            f'tokens. Set fusion.context_dim={encoder.embed_dim}.'
        )
    if late_dim is not None and built.embed_dim != late_dim:
        raise ValueError(
            f'embed_dim={built.embed_dim}, but the classifier reads {late_dim}-wide features. '
            f'Set fusion.embed_dim={late_dim}.'
        )
    return built


def check_recognizer(recognizer: Any, stage: str) -> None:
    """Refuse what cannot be augmented.

    Raises:
        ValueError: If it is no encoder-decoder recognizer, or one in its own way, or if ``stage``
            is unknown.
    """
    if not isinstance(recognizer, EncoderDecoderRecognizer):
        raise ValueError(
            'recognizer must be an EncoderDecoderRecognizer of MMOCR (backbone, encoder, '
            f'decoder), got {type(recognizer).__name__}.'
        )
    # The fusion stands between encoder and decoder; a class that joins them in its own way
    # would silently be read in the standard way.
    for name in ('loss', 'predict', '_forward'):
        if getattr(type(recognizer), name) is not getattr(EncoderDecoderRecognizer, name):
            raise ValueError(
                f'{type(recognizer).__name__} overrides {name}(): a context recognizer runs '
                'backbone, encoder and decoder in the order of EncoderDecoderRecognizer.'
            )
    if stage not in ('early', 'late'):
        raise ValueError(f"stage must be 'early' or 'late', got {stage!r}.")
