"""ContextRecognizer: any encoder-decoder recognizer, reading each word within its scene."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.clipter import encoder as _context  # noqa: F401  its encoders register on import
from pipeline.clipter import fusion as _fusion  # noqa: F401  so do the fusions
from pipeline.clipter.context_parts import build_fusion, build_part, check_recognizer
from pipeline.clipter.fusion_places import (
    find_late_place,
    fuses_behind_backbone,
    late_embed_dim,
    takes_fuse_features,
)
from pipeline.clipter.late_fusion import fuse_before
from pipeline.clipter.scene_data_preprocessor import SceneDataPreprocessor
from pipeline.recognition.crop_channels import crop_channels
from pipeline.recognition.decoders.parseq_decoder import FeatureFusion
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
        plain = build_part(recognizer)
        check_recognizer(plain, stage)
        super().__init__(
            data_preprocessor=SceneDataPreprocessor(plain.data_preprocessor, crop_channels(plain)),
            init_cfg=init_cfg,
        )
        self.recognizer = plain
        self.context_encoder = None if context_encoder is None else build_part(context_encoder)
        late_dim = late_embed_dim(plain.decoder) if stage == 'late' else None
        self.fusion = build_fusion(fusion, self.context_encoder, late_dim)
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
            if context_tokens is None:
                context_tokens = self.encode_images(() if images is None else images)
            index = torch.as_tensor(image_index, dtype=torch.int64, device=inputs.device)
            context = SceneContext(context_tokens.to(inputs.device), index)
        if context is None:
            return self.recognizer(inputs, data_samples, mode=mode)
        if len(context) != len(inputs):
            raise ValueError(f'context speaks of {len(context)} words, but {len(inputs)} came.')
        # Keys and values of the photos are computed here, once for all decoding steps.
        scene = self.fusion.project_context(self._cast(context, inputs.device))
        fuse = partial(self._fuse, scene=scene)
        if self.stage == 'early':
            features, encoded = self._encode(inputs, data_samples, fuse)
            return self._decoder_call(mode)(features, encoded, data_samples)
        features, encoded = self._encode(inputs, data_samples)
        return self._decode_late(mode, fuse, features, encoded, data_samples)

    def _encode(
        self,
        inputs: Tensor,
        data_samples: list[TextRecogDataSample] | None,
        fuse: FeatureFusion | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """The backbone's and the encoder's features, by way of the early fusion if there is one."""
        plain = self.recognizer
        features = plain.extract_feat(inputs)
        if fuse is not None and fuses_behind_backbone(plain):
            features, fuse = fuse(features), None
        if not plain.with_encoder:
            return features, None
        encoded = plain.encoder(features, data_samples)
        return features, encoded if fuse is None else fuse(encoded)

    def _decode_late(self, mode: str, fuse: FeatureFusion, features: Tensor, *args: Any) -> Any:
        decoder, decode = self.recognizer.decoder, self._decoder_call(mode)
        if takes_fuse_features(decoder):
            return decode(features, *args, fuse_features=fuse)
        with fuse_before(find_late_place(decoder), len(features), fuse):
            return decode(features, *args)

    def _decoder_call(self, mode: str) -> Any:
        decoder = self.recognizer.decoder
        return {'loss': decoder.loss, 'predict': decoder.predict, 'tensor': decoder}[mode]

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
