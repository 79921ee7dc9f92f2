"""Settings of a run of the benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BenchmarkSettings:
    """Settings of a run. The numbers in the documentation use the defaults.

    Attributes:
        seed: Random seed of the whole run.
        train_scenes: Number of training images. The same number of images has the same words and
            random looks.
        test_scenes: Number of test images.
        clip_scenes: Number of images with captions for the training of CLIP.
        clip_steps: Number of training steps of CLIP.
        plain_iters: Number of training iterations of the plain recognizer, before fine-tuning.
        context_iters: Number of fine-tuning iterations with context. The plain recognizer is
            trained for the same number of additional iterations.
        photos_a_batch: Images per batch, with seven words each.
        fusion: Type of the fusion.
        stage: Stage of the fusion, ``'early'`` or ``'late'``.
        kernel: Pooling kernel of the scene tokens.
        clip: Name of an open_clip architecture, or None to train a small CLIP.
        pretrained: Weights of ``clip``: a tag of open_clip or a file.
        workers: Number of data loading processes.
    """

    seed: int = 0
    train_scenes: int = 1200
    test_scenes: int = 300
    clip_scenes: int = 1500
    clip_steps: int = 400
    plain_iters: int = 900
    context_iters: int = 800
    photos_a_batch: int = 4
    fusion: str = 'MultiHeadCrossAttention'
    stage: str = 'early'
    kernel: float | str = 'inf'
    clip: str | None = None
    pretrained: str | None = None
    workers: int = 1
