"""Builds the parts of a context recognizer and checks that they fit together."""

from __future__ import annotations

import copy
from typing import Any

from mmocr.models.textrecog import EncoderDecoderRecognizer
from torch import nn

from pipeline.registry import MODELS


def build_part(module: dict[str, Any] | nn.Module) -> Any:
    """Build a module from its config, which is not modified; a built module is returned as is."""
    if isinstance(module, nn.Module):
        return module
    return MODELS.build(copy.deepcopy(module))  # building pops from the config


def build_fusion(fusion: dict[str, Any] | nn.Module, encoder: Any, late_dim: int | None) -> Any:
    """Build a fusion whose widths match the context encoder and the recognizer.

    Args:
        fusion: Config of the fusion, or a built fusion.
        encoder: Context encoder, or None.
        late_dim: Width D of the features at the late place. None for early fusion, or if the
            decoder does not define its width.

    Raises:
        ValueError: If a width is missing and cannot be inferred, or if two widths differ.
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
    """Check that a recognizer can be augmented with scene context.

    Raises:
        ValueError: If the recognizer is not an ``EncoderDecoderRecognizer``, if its class overrides
            the order of backbone, encoder and decoder, or if ``stage`` is unknown.
    """
    if not isinstance(recognizer, EncoderDecoderRecognizer):
        raise ValueError(
            'recognizer must be an EncoderDecoderRecognizer of MMOCR (backbone, encoder, '
            f'decoder), got {type(recognizer).__name__}.'
        )
    # ContextRecognizer calls backbone, encoder and decoder itself. It would ignore an overridden
    # method without an error.
    for name in ('loss', 'predict', '_forward'):
        if getattr(type(recognizer), name) is not getattr(EncoderDecoderRecognizer, name):
            raise ValueError(
                f'{type(recognizer).__name__} overrides {name}(): a context recognizer runs '
                'backbone, encoder and decoder in the order of EncoderDecoderRecognizer.'
            )
    if stage not in ('early', 'late'):
        raise ValueError(f"stage must be 'early' or 'late', got {stage!r}.")
