"""ContextRecognizer: any encoder-decoder recognizer, reading each word within its scene."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from mmocr.models.textrecog import EncoderDecoderRecognizer
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline import context as _context  # noqa: F401  its encoders register on import
from pipeline import fusion as _fusion  # noqa: F401  so do the fusions
from pipeline.recognition.crop_channels import crop_channels
from pipeline.recognition.fusion_places import (
    find_late_place,
    fuses_behind_backbone,
    late_embed_dim,
    takes_fuse_features,
)
from pipeline.recognition.late_fusion import fuse_before
from pipeline.recognition.scene_data_preprocessor import SceneDataPreprocessor
from pipeline.registry import MODELS
from pipeline.structures import SceneContext

_MODES = ('loss', 'predict', 'tensor')


@MODELS.register_module()
class ContextRecognizer(BaseModel):
    """Augments a recognizer with scene context, as CLIPTER does (arXiv 2301.07464).

    The recognizer is wrapped, not changed: its parameters live under ``recognizer.`` and its own
    configs, checkpoints (``recognizer=dict(..., init_cfg=dict(type='Pretrained', ...))``) and
    data preprocessor are used as they are.

    Early fusion works on its visual features, once per word: on those of its encoder, or of its
    backbone where there is no encoder or the decoder reads the backbone's features too. Late
    fusion works on its decoder's features, before the classifier, once per step where decoding
    is autoregressive. ``fusion_places`` says which decoder has which places.

    Context comes with each call, in one of three ways: as ``context``; as ``images``, photos
    that are encoded here, each once however many words it holds; or as ``context_tokens``, which
    a context cache holds in their place. The last two go with ``image_index`` and are what a batch
    of scenes with their words holds beside its crops (``dict(inputs=crops, data_samples=[...],
    images=[...], image_index=(N,))``). Without any, or with ``use_context`` off, the answer is the
    plain recognizer's.

    Args:
        recognizer: Config of an MMOCR ``EncoderDecoderRecognizer``, or one that is built.
        fusion: Config of a fusion, or one that is built. ``context_dim`` may be left out: it is
            the encoder's; ``embed_dim`` too at the late place, where it is the classifier's.
        context_encoder: Config of a context encoder, or one that is built. None where every call
            brings ``context`` or ``context_tokens``.
        stage: Where the scene comes in, ``'early'`` or ``'late'``.
        use_context: The off switch; it may be flipped at any time.
        init_cfg: Of MMEngine.

    Raises:
        ValueError: If the parts do not fit each other.
    """

    recognizer: Any
    context_encoder: Any
    fusion: Any

    def __init__(
        self,
        recognizer: dict[str, Any] | nn.Module,
        fusion: dict[str, Any] | nn.Module,
        context_encoder: dict[str, Any] | nn.Module | None = None,
        stage: str = 'early',
        use_context: bool = True,
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        plain = _build(recognizer)
        _check_recognizer(plain, stage)
        super().__init__(
            data_preprocessor=SceneDataPreprocessor(plain.data_preprocessor, crop_channels(plain)),
            init_cfg=init_cfg,
        )
        self.recognizer = plain
        self.context_encoder = None if context_encoder is None else _build(context_encoder)
        late_dim = late_embed_dim(plain.decoder) if stage == 'late' else None
        self.fusion = _build_fusion(fusion, self.context_encoder, late_dim)
        self.stage = stage
        self.use_context = use_context

    def encode_images(self, images: Sequence[np.ndarray | Tensor]) -> Tensor:
        """Scene tokens of photos, (I, S, C); see the context encoder for what a photo is.

        Raises:
            ValueError: If this recognizer was built without a context encoder.
        """
        if self.context_encoder is None:
            raise ValueError(
                'encode_images needs a context encoder, but context_encoder=None. Pass '
                'context=SceneContext(...) or build the recognizer with a context encoder.'
            )
        return self.context_encoder(images)

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[TextRecogDataSample] | None = None,
        mode: str = 'tensor',
        context: SceneContext | None = None,
        images: Sequence[np.ndarray | Tensor] | None = None,
        context_tokens: Tensor | None = None,
        image_index: Tensor | Sequence[int] | None = None,
    ) -> Any:
        """Read crops, as MMOCR's recognizers do.

        Args:
            inputs: (N, 3, H, W) crops out of the data preprocessor; (N, 1, H, W) where the
                recognizer reads gray ones.
            data_samples: N samples.
            mode: ``'loss'``, ``'predict'`` or ``'tensor'``.
            context: The scenes of these crops.
            images: In its place, the I photos that they come from.
            context_tokens: Or the scene tokens of those photos, (I, S, C), of any floating
                point dtype.
            image_index: (N,) in [-1, I), the photo of each crop; goes with ``images`` and with
                ``context_tokens``.

        Returns:
            A dict of losses, N samples with ``pred_text``, or the decoder's output.

        Raises:
            ValueError: If the context does not fit the crops, or is given twice or by half.
        """
        if mode not in _MODES:
            raise ValueError(f'mode must be one of {_MODES}, got {mode!r}.')
        _check_one_context(context, images, context_tokens, image_index)
        if not self.use_context:
            return self.recognizer(inputs, data_samples, mode=mode)
        if image_index is not None:
            index = torch.as_tensor(image_index, dtype=torch.int64, device=inputs.device)
            if context_tokens is None:
                context_tokens = self.encode_images(() if images is None else images)
            context = SceneContext(context_tokens.to(inputs.device), index)
        if context is None:
            return self.recognizer(inputs, data_samples, mode=mode)
        if len(context) != len(inputs):
            raise ValueError(f'context speaks of {len(context)} words, but {len(inputs)} came.')

        # Keys and values of the photos are computed here, once for all decoding steps.
        scene = self.fusion.project_context(self._cast(context, inputs.device))
        plain = self.recognizer
        behind_backbone = fuses_behind_backbone(plain)
        features = plain.extract_feat(inputs)
        if self.stage == 'early' and behind_backbone:
            features = self._fuse(features, scene)
        encoded = None
        if plain.with_encoder:
            encoded = plain.encoder(features, data_samples)
            if self.stage == 'early' and not behind_backbone:
                encoded = self._fuse(encoded, scene)
        methods = {'loss': plain.decoder.loss, 'predict': plain.decoder.predict}
        decode = partial(methods.get(mode, plain.decoder), features, encoded, data_samples)
        if self.stage == 'early':
            return decode()
        fuse = partial(self._fuse, scene=scene)
        if takes_fuse_features(plain.decoder):
            return decode(fuse_features=fuse)
        with fuse_before(find_late_place(plain.decoder), len(inputs), fuse):
            return decode()

    def _cast(self, context: SceneContext, device: torch.device) -> SceneContext:
        """To the fusion's precision: a context cache holds half of it."""
        dtype = next((p.dtype for p in self.fusion.parameters()), context.tokens.dtype)
        return SceneContext(context.tokens.to(device, dtype), context.image_index.to(device))

    def _fuse(self, features: Tensor, scene: Any) -> Tensor:
        if features.ndim == 2:  # (N, D), one holistic vector a word
            return self.fusion(features[:, None], scene)[:, 0]
        if features.ndim == 4:  # (N, D, H, W)
            # Views in and out: the memory layout, on which exact results depend, stays.
            tokens = self.fusion(features.flatten(2).transpose(1, 2), scene)  # (N, H * W, D)
            return tokens.transpose(1, 2).unflatten(2, features.shape[2:])
        return self.fusion(features, scene)


def _build(module: dict[str, Any] | nn.Module) -> Any:
    if isinstance(module, nn.Module):
        return module
    return MODELS.build(copy.deepcopy(module))  # building pops from the config


def _build_fusion(fusion: dict[str, Any] | nn.Module, encoder: Any, late_dim: int | None) -> Any:
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
    built = _build(fusion)
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


def _check_one_context(
    context: SceneContext | None,
    images: Sequence[np.ndarray | Tensor] | None,
    context_tokens: Tensor | None,
    image_index: Tensor | Sequence[int] | None,
) -> None:
    ways = {'context': context, 'images': images, 'context_tokens': context_tokens}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise ValueError(
            f'Give one of context, images and context_tokens, got {" and ".join(given)}.'
        )
    if (image_index is None) != (given in ([], ['context'])):
        raise ValueError(
            'images or context_tokens go together with image_index, got only one of them: '
            f'{given[0] if image_index is None else "image_index"}.'
        )


def _check_recognizer(recognizer: Any, stage: str) -> None:
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
