"""Every recognizer that takes context, in a small size, with words and scenes to run it on."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample
from mmocr_recognizers import (
    abinet,
    abinet_vision,
    aster,
    crnn,
    crnn_recurrent,
    master,
    nrtr,
    robust_scanner,
    sar,
    sar_sequential,
    satrn,
    svtr,
)
from own_recognizers import hybrid, parseq, ppocr, vitstr
from torch import nn

import pipeline.registration  # noqa: F401
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.registry import MODELS

CONTEXT_DIM = 12
WORDS = ('abc', 'fed', 'ha', 'cab', 'g', 'deaf', 'bead', 'egg')
# Name: config, and D at the early and at the late place.
RECOGNIZERS = {
    'CRNN': (crnn, 32, 32),
    'CRNN-recurrent': (crnn_recurrent, 32, 512),
    'SVTR': (svtr, 32, 32),
    'SATRN': (satrn, 32, 32),
    'NRTR': (nrtr, 32, 32),
    'MASTER': (master, 32, 32),
    'SAR': (sar, 32, 64),
    'SAR-sequential': (sar_sequential, 32, 64),
    'RobustScanner': (robust_scanner, 32, 32),
    'ASTER': (aster, 32, 24),
    'ABINet-vision': (abinet_vision, 32, 32),
    'ABINet': (abinet, 32, 32),
    'PARSeq': (parseq, 32, 32),
    'PARSeq-CTC': (hybrid, 32, 32),
    'ViTSTR': (vitstr, 32, 32),
    'PP-OCRv6': (ppocr, 32, 24),
}
PLACES = [(name, stage) for name in RECOGNIZERS for stage in ('early', 'late')]
# Other recognizers differ in their features, not in how the fusion treats rows and checkpoints.
TYPICAL = ('SATRN', 'PARSeq', 'PP-OCRv6')
FUSIONS = {
    'MH-CA': {'type': 'MultiHeadCrossAttention', 'num_heads': 2, 'size': 'mini'},
    'gated attention': {'type': 'GatedAttention'},
}


def mostly_slow(cases: Iterable[tuple[str, ...]]) -> list[Any]:
    """The cases of typical recognizers; those of the others are slow tests."""
    return [
        pytest.param(*case, marks=() if case[0] in TYPICAL else pytest.mark.slow) for case in cases
    ]


def build(
    name: str,
    letters: dict,
    *,
    stage: str = 'early',
    fusion: str = 'MH-CA',
    alpha: float = 0.5,
    dropout: float = 0.1,
    fusion_config: dict[str, Any] | None = None,
    recognizer: nn.Module | None = None,
) -> ContextRecognizer:
    """A small recognizer in context, in evaluation mode, always with the same weights."""
    torch.manual_seed(0)
    config, early_dim, late_dim = RECOGNIZERS[name]
    if fusion_config is None:
        fusion_config = {
            **FUSIONS[fusion],
            'embed_dim': early_dim if stage == 'early' else late_dim,
            'context_dim': CONTEXT_DIM,
        }
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(
            {
                'type': 'ContextRecognizer',
                'recognizer': recognizer or copy.deepcopy(config(letters, dropout)),
                'fusion': fusion_config,
                'stage': stage,
            }
        )
    nn.init.constant_(model.fusion.gate.alpha, alpha)
    return model.eval()


def make_words(texts: tuple[str, ...] = WORDS[:4], seed: int = 0) -> dict[str, Any]:
    """Crops of noise, each its own, with their texts, as a collate function leaves them."""
    rng = np.random.default_rng(seed)
    crops = rng.integers(0, 256, (len(texts), 3, 32, 64), dtype=np.uint8)
    samples = [TextRecogDataSample(gt_text=LabelData(item=text)) for text in texts]
    return {'inputs': torch.from_numpy(crops), 'data_samples': samples}


def make_scenes(num_words: int, images: int = 2, seed: int = 1) -> dict[str, Any]:
    """Scene tokens of some images, which words take turns to belong to."""
    generator = torch.Generator().manual_seed(seed)
    return {
        'context_tokens': torch.randn(images, 5, CONTEXT_DIM, generator=generator),
        'image_index': torch.arange(num_words) % images,
    }


def run(model: nn.Module, batch: dict[str, Any], mode: str = 'tensor', **changes: Any) -> Any:
    """As BaseModel's steps do, with one seed for dropout and reading orders."""
    data = model.data_preprocessor(copy.deepcopy(batch), model.training)
    torch.manual_seed(7)
    np.random.seed(7)
    return model(**{**data, **changes}, mode=mode)


def run_plain(model: ContextRecognizer, batch: dict[str, Any], mode: str = 'tensor') -> Any:
    """The recognizer inside, without its scenes."""
    words = {key: batch[key] for key in ('inputs', 'data_samples')}
    data = model.data_preprocessor(copy.deepcopy(words), model.training)
    torch.manual_seed(7)
    np.random.seed(7)
    return model.recognizer(**data, mode=mode)


def readings(samples: list) -> list[tuple[str, Any]]:
    """Text and scores of each word."""
    return [(sample.pred_text.item, sample.pred_text.score) for sample in samples]


def tensors(output: Any) -> list[torch.Tensor]:
    """All tensors of a decoder's output, whatever holds them."""
    if isinstance(output, torch.Tensor):
        return [output]
    values = output.values() if isinstance(output, dict) else output
    return [tensor for value in values for tensor in tensors(value)]
