"""ContextRecognizer: an encoder-decoder recognizer that uses the scene around each word."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from mmocr.models.textrecog.decoders import BaseDecoder
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.clipter import encoder as _context  # noqa: F401  registers the encoders
from pipeline.clipter import fusion as _fusion  # noqa: F401  registers the fusions
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
    """Augments a recognizer with scene context, as in CLIPTER (arXiv 2301.07464).

    The recognizer is wrapped without changes. Its parameters are under ``recognizer.``, and its
    configs, checkpoints (``recognizer=dict(..., init_cfg=dict(type='Pretrained', ...))``) and data
    preprocessor can be used as they are.

    Early fusion changes the visual features once per word: those of the encoder, or those of the
    backbone if there is no encoder or the decoder also reads the backbone's features. Late fusion
    changes the decoder's features before the classifier, once per step for autoregressive decoders.
    ``fusion_places`` defines the places of each decoder.

    Context is passed with each call in one of three ways: as ``context``; as ``images``, which are
    encoded here, each once; or as ``context_tokens``, read from a context cache. ``images`` and
    ``context_tokens`` need ``image_index``. A batch of scenes contains these keys next to its crops
    (``dict(inputs=crops, data_samples=[...], images=[...], image_index=(N,))``). Without context,
    or with ``use_context=False``, the output is that of the plain recognizer.

    Args:
        recognizer: Config of an MMOCR ``EncoderDecoderRecognizer``, or a built recognizer.
        fusion: Config of a fusion, or a built fusion. ``context_dim`` defaults to the context
            encoder's width. For late fusion, ``embed_dim`` defaults to the classifier's input
            width.
        context_encoder: Config of a context encoder, or a built encoder. None if every call passes
            ``context`` or ``context_tokens``.
        stage: Where the scene is fused, ``'early'`` or ``'late'``.
        use_context: Whether context is used. The attribute may be changed at any time.
        train_recognizer: Whether the recognizer is trained too. False trains only the fusion, so
            that the outputs without context stay those of the recognizer's weights, bit for bit.
        init_cfg: Initialization config of MMEngine.

    Raises:
        ValueError: If the parts do not fit together.
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
        train_recognizer: bool = True,
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
        self.train_recognizer = train_recognizer
        if not train_recognizer:
            plain.requires_grad_(False)

    def train(self, mode: bool = True) -> ContextRecognizer:
        """Set the mode. The norms and dropouts of a recognizer that is not trained stay in eval."""
        super().train(mode)
        if not self.train_recognizer:
            self.recognizer.eval()
            for module in self.recognizer.modules():
                if isinstance(module, BaseDecoder):
                    module.training = mode  # MMOCR's decoders compute a loss in this mode only
        return self

    def encode_images(self, images: Sequence[np.ndarray | Tensor]) -> Tensor:
        """Scene tokens of images, (I, S, C); see the context encoder for the format of images.

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
        """Recognize crops, with the modes of MMOCR's recognizers.

        Args:
            inputs: (N, 3, H, W) crops from the data preprocessor; (N, 1, H, W) if the recognizer
                reads gray crops.
            data_samples: N data samples.
            mode: ``'loss'``, ``'predict'`` or ``'tensor'``.
            context: Scene context of the crops.
            images: The I images that the crops come from, instead of ``context``.
            context_tokens: (I, S, C) scene tokens of the images, of any floating point dtype,
                instead of ``images``.
            image_index: (N,) index of each crop's image in [0, I), or -1 for a crop without image;
                needed with ``images`` and ``context_tokens``.

        Returns:
            A dict of losses, N samples with ``pred_text``, or the decoder's output.

        Raises:
            ValueError: If the context does not match the crops, is given twice, or lacks
                ``image_index``.
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
            raise ValueError(f'context has {len(context)} words, but inputs has {len(inputs)}.')
        return self.decode(self.extract(inputs, data_samples), data_samples, mode, context)

    def extract(
        self, inputs: Tensor, data_samples: list[TextRecogDataSample] | None
    ) -> tuple[Tensor, Tensor | None]:
        """Features of crops before the fusion, which do not depend on the scene.

        To read crops with several scenes, call this method once and :meth:`decode` for each scene.

        Returns:
            Features of the backbone, and those of the encoder if the fusion comes after it.
        """
        plain = self.recognizer
        features = plain.extract_feat(inputs)
        if self._fuses_backbone or not plain.with_encoder:
            return features, None
        return features, plain.encoder(features, data_samples)

    def decode(
        self,
        extracted: tuple[Tensor, Tensor | None],
        data_samples: list[TextRecogDataSample] | None,
        mode: str,
        context: SceneContext | None,
    ) -> Any:
        """Fuse the scene and decode.

        Args:
            extracted: Result of :meth:`extract`.
            data_samples: N data samples.
            mode: As in :meth:`forward`.
            context: Scene context of the crops, or None for no context.
        """
        features, encoded = extracted
        fuse = None
        if context is not None:
            # Keys and values of the images are computed once for all decoding steps.
            scene = self.fusion.project_context(self._cast(context, features.device))
            fuse = partial(self._fuse, scene=scene)
        if self.stage == 'late' and fuse is not None:
            return self._decode_late(mode, fuse, features, encoded, data_samples)
        features, encoded = self.fuse_early(extracted, data_samples, fuse)
        return self._decoder_call(mode)(features, encoded, data_samples)

    def fuse_early(
        self,
        extracted: tuple[Tensor, Tensor | None],
        data_samples: list[TextRecogDataSample] | None,
        fuse: FeatureFusion | None,
    ) -> tuple[Tensor, Tensor | None]:
        """Features of the backbone and of the encoder, fused unless ``fuse`` is None.

        Args:
            extracted: Result of :meth:`extract`.
            data_samples: N data samples, or None.
            fuse: Fusion with the scene of the crops.
        """
        plain, (features, encoded) = self.recognizer, extracted
        if self._fuses_backbone:
            features = features if fuse is None else fuse(features)
            encoded = plain.encoder(features, data_samples) if plain.with_encoder else None
        elif fuse is not None and encoded is not None:
            encoded = fuse(encoded)
        return features, encoded

    @property
    def _fuses_backbone(self) -> bool:
        return self.stage == 'early' and fuses_behind_backbone(self.recognizer)

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
        """Convert to the fusion's dtype; cached tokens are float16."""
        dtype = next((p.dtype for p in self.fusion.parameters()), context.tokens.dtype)
        return SceneContext(context.tokens.to(device, dtype), context.image_index.to(device))

    def _fuse(self, features: Tensor, scene: Any) -> Tensor:
        if features.ndim == 2:  # (N, D), one vector per word
            return self.fusion(features[:, None], scene)[:, 0]
        if features.ndim == 4:  # (N, D, H, W)
            # Only views: the memory layout stays, because exact results depend on it.
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
