"""ContextRecognizer: any encoder-decoder recognizer, reading each word within its scene."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from inspect import signature
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from mmocr.models.textrecog import EncoderDecoderRecognizer
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline import context as _context  # noqa: F401  its encoders register on import
from pipeline import fusion as _fusion  # noqa: F401  so do the fusions
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

    Early fusion works on its visual features, once per word, between its encoder and its decoder;
    where there is no encoder, behind its backbone. Late fusion works on its decoder's features,
    before the classifier: for decoders that name this place by a ``fuse_features`` argument of
    ``loss``, ``predict`` and ``forward``, a function from (N, T, D) to (N, T, D).

    Context comes with each call, in one of two ways: as ``context``, or as ``images`` and
    ``image_index``, which a batch of scenes with their words holds beside its crops
    (``dict(inputs=crops, data_samples=[...], images=[...], image_index=(N,))``). Each photo is
    encoded once however many words it holds. Without either, or with ``use_context`` off, the
    answer is the plain recognizer's.

    Args:
        recognizer: Config of an MMOCR ``EncoderDecoderRecognizer``, or one that is built.
        fusion: Config of a fusion, or one that is built. ``context_dim`` may be left out: it is
            the encoder's.
        context_encoder: Config of a context encoder, or one that is built. None where every call
            brings its ``context``.
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
            data_preprocessor=SceneDataPreprocessor(plain.data_preprocessor), init_cfg=init_cfg
        )
        self.recognizer = plain
        self.context_encoder = None if context_encoder is None else _build(context_encoder)
        self.fusion = _build_fusion(fusion, self.context_encoder)
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
        image_index: Tensor | Sequence[int] | None = None,
    ) -> Any:
        """Read crops, as MMOCR's recognizers do.

        Args:
            inputs: (N, 3, H, W) crops out of the data preprocessor.
            data_samples: N samples.
            mode: ``'loss'``, ``'predict'`` or ``'tensor'``.
            context: The scenes of these crops.
            images: In its place, the I photos that they come from.
            image_index: (N,) in [-1, I), the photo of each crop; goes with ``images``.

        Returns:
            A dict of losses, N samples with ``pred_text``, or the decoder's output.

        Raises:
            ValueError: If the context does not fit the crops, or is given twice or by half.
        """
        if mode not in _MODES:
            raise ValueError(f'mode must be one of {_MODES}, got {mode!r}.')
        if (images is None) != (image_index is None):
            raise ValueError('images and image_index go together, got only one of them.')
        if images is not None and context is not None:
            raise ValueError('Give either context or images with image_index, got both.')
        if not self.use_context:
            return self.recognizer(inputs, data_samples, mode=mode)
        if images is not None and image_index is not None:
            context = self._encode_scene(images, image_index, inputs.device)
        if context is None:
            return self.recognizer(inputs, data_samples, mode=mode)

        if len(context) != len(inputs):
            raise ValueError(f'context speaks of {len(context)} words, but {len(inputs)} came.')
        # Keys and values of the photos are computed here, once for all decoding steps.
        scene = self.fusion.project_context(context.to(inputs.device))
        features = self.recognizer.extract_feat(inputs)
        encoded = None
        if self.recognizer.with_encoder:
            encoded = self.recognizer.encoder(features, data_samples)
        late = {}
        if self.stage == 'late':
            late['fuse_features'] = lambda decoded: self.fusion(decoded, scene)
        elif encoded is not None:
            encoded = self._fuse(encoded, scene)
        else:
            features = self._fuse(features, scene)
        decoder = self.recognizer.decoder
        if mode == 'loss':
            return decoder.loss(features, encoded, data_samples, **late)
        if mode == 'predict':
            return decoder.predict(features, encoded, data_samples, **late)
        return decoder(features, encoded, data_samples, **late)

    def _encode_scene(
        self,
        images: Sequence[np.ndarray | Tensor],
        image_index: Tensor | Sequence[int],
        device: torch.device,
    ) -> SceneContext:
        index = torch.as_tensor(image_index, dtype=torch.int64, device=device)
        return SceneContext(self.encode_images(images).to(device), index)

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


def _build_fusion(fusion: dict[str, Any] | nn.Module, encoder: Any) -> Any:
    if isinstance(fusion, dict) and fusion.get('context_dim') is None:
        if encoder is None:
            raise ValueError('fusion.context_dim must be given where context_encoder=None.')
        fusion = {**fusion, 'context_dim': encoder.embed_dim}
    built = _build(fusion)
    if encoder is not None and built.context_dim != encoder.embed_dim:
        raise ValueError(
            f'context_dim={built.context_dim}, but {encoder!s} yields {encoder.embed_dim}-wide '
            f'tokens. Set fusion.context_dim={encoder.embed_dim}.'
        )
    return built


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
    decoder = recognizer.decoder
    methods = (decoder.loss, decoder.predict, decoder.forward)
    if stage == 'late' and not all('fuse_features' in signature(m).parameters for m in methods):
        raise ValueError(
            f"stage='late', but {type(decoder).__name__} names no late place: its loss, predict "
            "and forward take no fuse_features. Set stage='early'."
        )
