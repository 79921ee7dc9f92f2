"""The networks of a torch spotter as modules from arrays to arrays, for export."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.clipter.encoder.clip_image_encoder import ClipImageEncoder
from pipeline.clipter.fusion_places import find_late_place, takes_fuse_features
from pipeline.clipter.late_fusion import fuse_before
from pipeline.recognition.crop_channels import crop_channels, to_gray
from pipeline.recognition.data_preprocessor import CropDataPreprocessor
from pipeline.recognition.decoders.ctc_decoder import CTCDecoder
from pipeline.structures import SceneContext


class Normalize(nn.Module):
    """uint8 BGR images (N, H, W, 3) -> the network's input (N, C, H, W).

    Args:
        preprocessor: Data preprocessor of MMOCR or this package.
        gray: Whether the network requires gray images.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, preprocessor: Any, gray: bool = False) -> None:
        super().__init__()
        self.gray = gray
        if isinstance(preprocessor, CropDataPreprocessor):
            self.flips, self.pad_right = preprocessor.bgr_to_rgb, preprocessor.pad_right
            normalizes = True
        else:
            self.flips, self.pad_right = preprocessor._channel_conversion, 0
            normalizes = preprocessor._enable_normalize
        self.register_buffer('mean', preprocessor.mean.clone() if normalizes else torch.zeros(1))
        self.register_buffer('std', preprocessor.std.clone() if normalizes else torch.ones(1))

    def forward(self, images: Tensor) -> Tensor:
        """Normalized values, padded at the right."""
        values = images.permute(0, 3, 1, 2).float()
        if self.gray:
            values = to_gray(values).round()
        if self.flips:
            values = values.flip(1)
        values = (values - self.mean) / self.std
        return nn.functional.pad(values, (0, self.pad_right)) if self.pad_right else values


class MapGraph(nn.Module):
    """Images -> text probability (N, H, W) of a DBNet; H and W multiples of 32."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.normalize = Normalize(detector.data_preprocessor)
        self.backbone: Any = detector.backbone
        self.neck: Any = detector.neck if detector.with_neck else nn.Identity()
        self.binarize: Any = detector.det_head.binarize

    def forward(self, images: Tensor) -> Tensor:
        """Probability of text."""
        return self.binarize(self.neck(self.backbone(self.normalize(images))))[:, 0].sigmoid()


class DetectorGraph(nn.Module):
    """Images -> the outputs that an MMOCR detector's postprocessor receives."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.normalize = Normalize(detector.data_preprocessor)
        self.detector: Any = detector

    def forward(self, images: Tensor) -> Any:
        """One tensor, or a list of tensors."""
        head = self.detector.det_head
        postprocessor = head.postprocessor
        head.postprocessor = lambda outputs, samples: outputs
        try:
            return head.predict(self.detector.extract_feat(self.normalize(images)), None)
        finally:
            head.postprocessor = postprocessor


class RecognizerGraph(nn.Module):
    """Crops, and the scenes of a ``ContextRecognizer`` -> class probabilities (N, T, L).

    The result of a :class:`CTCDecoder` is logarithmic.
    """

    def __init__(self, recognizer: Any) -> None:
        super().__init__()
        self.scene = recognizer if isinstance(recognizer, ContextRecognizer) else None
        self.recognizer: Any = recognizer if self.scene is None else recognizer.recognizer
        gray = crop_channels(self.recognizer) == 1
        self.normalize = Normalize(self.recognizer.data_preprocessor, gray)

    def forward(
        self, crops: Tensor, tokens: Tensor | None = None, image_index: Tensor | None = None
    ) -> Tensor:
        """Probabilities, with the scene tokens (I, S, C) and the image index (N,) of the crops."""
        inputs = self.normalize(crops)
        if self.scene is None or tokens is None or image_index is None:
            features = self.recognizer.extract_feat(inputs)
            encoded = self.recognizer.encoder(features, None) if self._with_encoder else None
            return self._decode(features, encoded)
        scene: Any = self.scene
        projected = scene.fusion.project_context(SceneContext(tokens, image_index))
        # Without a layout, the graph does not depend on the values of image_index.
        fuse = partial(scene._fuse, scene=replace(projected, layout=None))
        extracted = scene.extract(inputs, None)
        if scene.stage == 'early':
            return self._decode(*scene.fuse_early(extracted, None, fuse))
        features, encoded = extracted
        if takes_fuse_features(self.recognizer.decoder):
            return self._decode(features, encoded, fuse_features=fuse)
        with fuse_before(find_late_place(self.recognizer.decoder), len(features), fuse):
            return self._decode(features, encoded)

    @property
    def _with_encoder(self) -> bool:
        return self.recognizer.with_encoder

    def _decode(self, features: Tensor, encoded: Any, **fusion: Any) -> Tensor:
        decoder = self.recognizer.decoder
        if isinstance(decoder, CTCDecoder):
            return decoder.classify(encoded, **fusion).log_softmax(-1)
        return decoder(features, encoded, None, **fusion)


class SceneEncoderGraph(nn.Module):
    """Resized images (I, h, w, 3) uint8 RGB -> scene tokens (I, S, C)."""

    mean: Tensor
    std: Tensor

    def __init__(self, encoder: ClipImageEncoder) -> None:
        super().__init__()
        self.tower = encoder.tower  # a child, so that its weights are exported
        self._encoder = [encoder]
        self.register_buffer('mean', encoder.mean.clone())
        self.register_buffer('std', encoder.std.clone())

    def forward(self, images: Tensor) -> Tensor:
        """Pooled tokens."""
        (encoder,) = self._encoder
        pixels = (images.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std
        return encoder.pool(encoder._tower.encode(pixels).float(), encoder.grid_size)


def as_list(outputs: Any) -> list[Tensor]:
    """The outputs of a graph as a list.

    Raises:
        ValueError: If they are not tensors.
    """
    listed = [outputs] if isinstance(outputs, Tensor) else outputs
    if not isinstance(listed, Sequence) or not all(isinstance(o, Tensor) for o in listed):
        raise ValueError(f'wanted tensors as outputs, got {type(outputs).__name__}.')
    return list(listed)
