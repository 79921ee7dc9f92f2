"""Small PARSeq recognizers and words for the tests of this folder."""

from __future__ import annotations

import string
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample

import pipeline.registration  # noqa: F401
from pipeline.recognition.decoders.parseq_decoder import PARSeqDecoder
from pipeline.recognition.parseq import PARSeq
from pipeline.registry import MODELS

REPOSITORY = Path(__file__).parents[2]
ASCII94 = REPOSITORY / 'data' / 'dicts' / 'ascii94.txt'
DICTIONARY = {
    'type': 'Dictionary',
    'dict_file': str(ASCII94),
    'with_start': True,
    'with_end': True,
    'with_padding': True,
}
START, END, PAD = 94, 95, 96
CHARS = string.digits + string.ascii_lowercase + string.ascii_uppercase + string.punctuation


def build_decoder(**overrides) -> PARSeqDecoder:
    """An 8-character decoder of width 32, in eval mode."""
    torch.manual_seed(0)
    config = {
        'type': 'PARSeqDecoder',
        'dictionary': DICTIONARY,
        'embed_dim': 32,
        'num_heads': 4,
        'max_label_length': 8,
        'module_loss': {'type': 'PermutationLanguageModelLoss'},
        'postprocessor': {'type': 'PARSeqPostprocessor'},
        **overrides,
    }
    decoder = MODELS.build(config).eval()
    for name, parameter in decoder.named_parameters():
        if 'norm' not in name:
            # Freshly drawn weights are so small that every input reads alike.
            torch.nn.init.normal_(parameter, std=0.3)
    return decoder


def build_recognizer(**decoder_overrides) -> PARSeq:
    """A recognizer of width 64 with a convolutional stem; learns a few words in seconds."""
    torch.manual_seed(0)
    return MODELS.build(
        {
            'type': 'PARSeq',
            'data_preprocessor': {'type': 'CropDataPreprocessor', 'bgr_to_rgb': True},
            'encoder': {
                'type': 'ViTEncoder',
                'img_size': (32, 128),
                'stem': 'conv',
                'stem_cfg': {
                    'channels': (8, 16, 32),
                    'strides': ((2, 2), (4, 2), (4, 1)),
                    'blocks': (0, 0, 0),
                },
                'embed_dim': 64,
                'depth': 1,
                'num_heads': 4,
            },
            'decoder': {
                'type': 'PARSeqDecoder',
                'dictionary': DICTIONARY,
                'embed_dim': 64,
                'num_heads': 4,
                'dropout': 0.0,
                'max_label_length': 12,
                'module_loss': {'type': 'PermutationLanguageModelLoss'},
                'postprocessor': {'type': 'PARSeqPostprocessor'},
                **decoder_overrides,
            },
        }
    )


def make_samples(texts: list[str]) -> list[TextRecogDataSample]:
    """A sample per gt text."""
    return [TextRecogDataSample(gt_text=LabelData(item=text)) for text in texts]


def draw_crop(text: str) -> torch.Tensor:
    """(3, 32, 128) uint8 BGR: the text in OpenCV's own font, stretched over the crop."""
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 2)
    canvas = np.full((height + base + 8, width + 8, 3), (220, 210, 200), np.uint8)
    cv2.putText(canvas, text, (4, height + 4), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 40, 90), 2)
    crop = cv2.resize(canvas, (128, 32), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(crop).permute(2, 0, 1)


def make_batch(texts: list[str]) -> dict:
    """Drawn crops and their samples, as a data loader hands them over."""
    return {'inputs': [draw_crop(text) for text in texts], 'data_samples': make_samples(texts)}
