"""Sizes and lengths of a run of the benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BenchmarkSettings:
    """What a run does; the defaults are those whose numbers the documentation states.

    Attributes:
        seed: Of everything.
        train_scenes: Photos to train on; the same words hang in as many with looks at random.
        test_scenes: Photos to measure on.
        clip_scenes: Photos with captions that CLIP is trained on.
        clip_steps: Of CLIP's training.
        plain_iters: Of the plain recognizer, before context comes in.
        context_iters: Of the fine-tuning with context; the plain recognizer it is compared with
            goes on for as many.
        photos_a_batch: Each photo brings seven words.
        fusion: Type of the fusion.
        stage: ``'early'`` or ``'late'``.
        kernel: Of the pooling of scene tokens.
        clip: None to train a small CLIP, or the name of an architecture of open_clip.
        pretrained: Weights of ``clip``: a tag or a file.
        workers: Processes that load photos.
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
