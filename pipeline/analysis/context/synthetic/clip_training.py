"""Training of a small open_clip model on drawn scenes and their captions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from pipeline.analysis.context.synthetic.data import choose_words
from pipeline.analysis.context.synthetic.looks import LIGHTS, describe
from pipeline.analysis.context.synthetic.scenes import draw_scene
from pipeline.analysis.context.synthetic.vocabulary import KINDS

_CONTEXT_LENGTH = 16
ARCH: dict[str, Any] = {
    'embed_dim': 64,
    'vision_cfg': {
        'image_size': 64,
        'layers': 3,
        'width': 96,
        'head_width': 32,
        'patch_size': 16,
    },
    'text_cfg': {
        'context_length': _CONTEXT_LENGTH,
        'vocab_size': 49408,
        'width': 64,
        'heads': 2,
        'layers': 1,
    },
}
"""An open_clip model config. The text tower is used only in training."""


def train_clip(
    path: Path,
    seed: int,
    scenes: int = 1500,
    steps: int = 400,
    batch_size: int = 64,
    report: Callable[[str], None] | None = None,
) -> float:
    """Train CLIP by its contrastive loss and save it for ``ClipImageEncoder``.

    The scenes are used only for this training. Their captions contain kind and light. Their words
    belong to a random kind, so the plates contain no information about the caption.

    Args:
        path: Path of the ``.safetensors`` file to write, with both towers in float32.
        seed: Random seed of scenes, weights and batches.
        scenes: Number of scenes to draw.
        steps: Number of AdamW steps, with a one-cycle learning rate.
        batch_size: Image-caption pairs per step.
        report: Callback that receives a progress line every 100 steps.

    Returns:
        Zero-shot accuracy over the kinds on new scenes, with captions such as ``a photo of a bakery
        by day``.
    """
    from open_clip.loss import ClipLoss
    from open_clip.model import CLIP
    from open_clip.tokenizer import SimpleTokenizer

    tokenizer = SimpleTokenizer(context_length=_CONTEXT_LENGTH)
    pixels, captions, _ = _draw_pairs(scenes, seed)
    texts = tokenizer(captions)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = CLIP(**ARCH).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps)
        loss_of = ClipLoss()
        for step in range(steps):
            rows = torch.randint(len(pixels), (batch_size,))
            image_features, text_features, scale = model(_vary(pixels[rows]), texts[rows])
            loss = loss_of(image_features, text_features, scale)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                model.logit_scale.clamp_(0, 4.6052)  # At most ln(100), as in CLIP.
            if report is not None and (step + 1) % 100 == 0:
                report(f'CLIP {step + 1}/{steps}: loss {loss.item():.2f}')
    accuracy = _name_kinds(model.eval(), tokenizer, seed + 1)
    partial = path.with_suffix('.part')
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, partial)
    partial.replace(path)
    return accuracy


def _draw_pairs(count: int, seed: int) -> tuple[Tensor, list[str], list[int]]:
    """Normalized pixels (count, 3, h, w), captions and indices of the kinds."""
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    side = ARCH['vision_cfg']['image_size']
    images, captions, kinds = [], [], []
    for index in range(count):
        rng = np.random.default_rng([seed, index, 2])
        look = int(rng.integers(len(KINDS)))
        words = choose_words(KINDS[rng.integers(len(KINDS))], rng)
        scene = draw_scene(KINDS[look], words[: int(rng.integers(0, len(words) + 1))], rng, rng)
        small = cv2.resize(scene.image, (side, side), interpolation=cv2.INTER_AREA)
        images.append(torch.from_numpy(small[..., ::-1].copy()))
        captions.append(describe(KINDS[look], scene.light, rng))
        kinds.append(look)
    pixels = torch.stack(images).permute(0, 3, 1, 2).float() / 255
    mean = torch.tensor(OPENAI_DATASET_MEAN).view(3, 1, 1)
    std = torch.tensor(OPENAI_DATASET_STD).view(3, 1, 1)
    return (pixels - mean) / std, captions, kinds


def _vary(pixels: Tensor) -> Tensor:
    """Augment a batch: mirror half of the images and shift all by up to 6 pixels."""
    flip = torch.rand(len(pixels)) < 0.5
    pixels = torch.where(flip[:, None, None, None], pixels.flip(3), pixels)
    down, across = (int(shift) for shift in torch.randint(-6, 7, (2,)))
    return pixels.roll((down, across), dims=(2, 3))


@torch.no_grad()
def _name_kinds(model: Any, tokenizer: Any, seed: int) -> float:
    """Zero-shot accuracy over the kinds on scenes of another seed, with one prompt per light."""
    pixels, _, kinds = _draw_pairs(10 * len(KINDS), seed)
    prompts = [f'a photo of a {kind} {light}' for kind in KINDS for light in LIGHTS]
    texts = model.encode_text(tokenizer(prompts), normalize=True)
    texts = texts.unflatten(0, (len(KINDS), len(LIGHTS))).mean(1)
    texts = texts / texts.norm(dim=1, keepdim=True)
    named = (model.encode_image(pixels, normalize=True) @ texts.T).argmax(1)
    return float((named == torch.tensor(kinds)).float().mean())
