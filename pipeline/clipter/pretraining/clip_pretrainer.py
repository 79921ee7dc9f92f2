"""Contrastive training of a CLIP whose image tower starts from ImageNet weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement
from torch import Tensor

from pipeline.clipter.encoder.tower_names import EMBEDDED_ARCH, get_model_config, get_tag_config
from pipeline.clipter.pretraining.contrastive_loss import contrastive_loss
from pipeline.clipter.pretraining.short_tokenizer import build_short_tokenizer
from pipeline.registry import MODELS
from pipeline.utils.checkpoint import load_weights

_MAX_SCALE = 100.0  # as in CLIP


@MODELS.register_module()
class ClipPretrainer(BaseModel):
    """Trains the text tower, the projections and the last stages of the image tower.

    The first stages of the image tower and the statistics of its batch norms are frozen. Therefore
    the features of the first stages can be computed once: see :class:`FrozenFeaturesHook`.

    Args:
        weights: File from ``clipter pack-tower``, loaded before training. None keeps the random
            weights, for tests.
        arch: Architecture of this package with an EfficientNet from timm.
        trained_stages: Number of trained stages of the image tower, counted from the end.

    Raises:
        ValueError: If the architecture is another one, or has fewer stages.
    """

    def __init__(
        self, weights: str | None, arch: str = EMBEDDED_ARCH, trained_stages: int = 1
    ) -> None:
        super().__init__()
        from open_clip import CLIP

        config = get_model_config(arch)
        if config is None or 'efficientnet' not in config['vision_cfg'].get('timm_model_name', ''):
            raise ValueError(f'arch must have an EfficientNet from timm, got {arch!r}.')
        self.weights = weights
        self.clip: Any = CLIP(**config)
        self.tokenizer = build_short_tokenizer(
            config['text_cfg']['vocab_size'], config['text_cfg']['context_length']
        )
        trunk = self._trunk
        if not 0 <= trained_stages <= len(trunk.blocks):
            raise ValueError(
                f'trained_stages must be from 0 to {len(trunk.blocks)}, got {trained_stages}.'
            )
        self.num_frozen = len(trunk.blocks) - trained_stages
        for part in (trunk.conv_stem, trunk.bn1, *trunk.blocks[: self.num_frozen]):
            part.requires_grad_(False)
        if not trained_stages:
            trunk.requires_grad_(False)
        statistics = get_tag_config(arch, 'embedded')
        for name in ('mean', 'std'):
            values = torch.tensor(statistics[name]).view(3, 1, 1)
            self.register_buffer(name, values, persistent=False)

    @property
    def _trunk(self) -> Any:
        return self.clip.visual.trunk

    def init_weights(self) -> None:
        """Load ``weights``.

        Raises:
            FileNotFoundError: If the file does not exist.
        """
        if self.weights is None:
            return
        if not Path(self.weights).is_file():
            raise FileNotFoundError(
                f'no weights at {self.weights}. Make them: clipter pack-tower --out {self.weights}'
            )
        load_weights(self.clip, self.weights)

    def train(self, mode: bool = True) -> ClipPretrainer:
        """Set the mode of the text tower; the batch norms of the image tower keep theirs."""
        super().train(mode)
        self._trunk.eval()
        return self

    @torch.no_grad()
    def frozen_features(self, images: Tensor) -> Tensor:
        """Features of the frozen stages.

        Args:
            images: (N, 3, height, width) uint8 RGB.

        Returns:
            (N, C, h, w) float32.
        """
        trunk = self._trunk
        features = (images.to(self.mean.device).float() / 255 - self.mean) / self.std
        features = trunk.bn1(trunk.conv_stem(features))
        for block in trunk.blocks[: self.num_frozen]:
            features = block(features)
        return features

    def pooled_features(self, inputs: Tensor) -> Tensor:
        """Pooled features of the trunk, (N, C), of images (uint8) or of frozen features."""
        trunk = self._trunk
        features = self.frozen_features(inputs) if inputs.dtype == torch.uint8 else inputs.float()
        for block in trunk.blocks[self.num_frozen :]:
            features = block(features)
        return trunk.global_pool(trunk.bn2(trunk.conv_head(features)))

    def embed_images(self, inputs: Tensor) -> Tensor:
        """(N, C) image embeddings of norm 1."""
        return F.normalize(self.clip.visual.head(self.pooled_features(inputs)), dim=-1)

    def embed_texts(self, texts: list[str]) -> Tensor:
        """(N, C) text embeddings of norm 1."""
        tokens = self.tokenizer(texts).to(self.mean.device)
        return F.normalize(self.clip.encode_text(tokens), dim=-1)

    def forward(
        self, inputs: Tensor, caption: list[str], photo: Tensor, mode: str = 'tensor'
    ) -> Any:
        """The loss of a batch, or the embeddings of its images and texts.

        Args:
            inputs: (N, 3, height, width) uint8 RGB images, or frozen features.
            caption: N texts.
            photo: (N,) int64, the number of the image that each view is from.
            mode: ``'loss'``, or ``'predict'`` for one ``BaseDataElement`` per pair with
                ``image_embedding`` and ``text_embedding``. ``'tensor'`` returns both embeddings.
        """
        if mode == 'predict':
            images, texts = self._embed(inputs, caption)
            return [
                BaseDataElement(image_embedding=image, text_embedding=text)
                for image, text in zip(images, texts)
            ]
        images, texts = self._embed(inputs, caption)
        if mode == 'tensor':
            return images, texts
        scale = self.clip.logit_scale.exp().clamp(max=_MAX_SCALE)
        with torch.autocast(images.device.type, enabled=False):
            loss = contrastive_loss(images.float(), texts.float(), scale, photo)
        return {'loss': loss, 'scale': scale.detach()}

    def _embed(self, inputs: Tensor, texts: list[str]) -> tuple[Tensor, Tensor]:
        return self.embed_images(inputs), self.embed_texts(texts)
