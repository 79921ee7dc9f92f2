"""Context recognizers in a small size, with words and scenes."""

import copy
import math

import numpy as np
import torch
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample
from mmocr_recognizers import satrn
from torch import nn

from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.registry import MODELS

OPEN = math.atanh(0.5)


TINY_CLIP = {
    'type': 'ClipImageEncoder',
    'arch': {
        'embed_dim': 16,
        'vision_cfg': {
            'image_size': 16,
            'layers': 1,
            'width': 24,
            'patch_size': 8,
            'head_width': 12,
        },
    },
    'pretrained': None,
    'allow_random': True,
}


NUM_CHARS = 8


def crnn(dictionary: dict, dropout: float) -> dict:
    """A recognizer without encoder: the decoder reads the backbone's (N, 512, 1, W)."""
    return {
        'type': 'CRNN',
        'backbone': {'type': 'MiniVGG', 'leaky_relu': False, 'input_channels': 3},
        'decoder': {
            'type': 'CRNNDecoder',
            'in_channels': 512,
            'rnn_flag': False,
            'module_loss': {'type': 'CTCModuleLoss', 'letter_case': 'lower'},
            'postprocessor': {'type': 'CTCPostProcessor'},
            'dictionary': dictionary,
        },
        'data_preprocessor': {
            'type': 'TextRecogDataPreprocessor',
            'mean': [127.5] * 3,
            'std': [127.5] * 3,
        },
    }


def parseq(dictionary: dict, dropout: float) -> dict:
    """This package's PARSeq: no backbone, and a decoder with ``fuse_features``."""
    return {
        'type': 'PARSeq',
        'encoder': {
            'type': 'ViTEncoder',
            'img_size': (32, 64),
            'embed_dim': 32,
            'depth': 1,
            'num_heads': 2,
        },
        'decoder': {
            'type': 'PARSeqDecoder',
            'embed_dim': 32,
            'num_heads': 2,
            'dropout': dropout,
            'max_label_length': 5,
            'module_loss': {'type': 'PermutationLanguageModelLoss', 'perm_num': 2},
            'dictionary': {**dictionary, 'with_start': True, 'with_end': True},
            'postprocessor': {'type': 'PARSeqPostprocessor'},
        },
        'data_preprocessor': {'type': 'CropDataPreprocessor', 'bgr_to_rgb': True},
    }


PLAIN = {'CRNN': (crnn, 512), 'SATRN': (satrn, 32), 'PARSeq': (parseq, 32)}


PLACES = [('CRNN', 'early'), ('SATRN', 'early'), ('PARSeq', 'early'), ('PARSeq', 'late')]


def make_model(
    name: str, dictionary: dict, alpha: float = OPEN, dropout: float = 0.1, **changes
) -> ContextRecognizer:
    torch.manual_seed(0)
    build, embed_dim = PLAIN[name]
    config = {
        'type': 'ContextRecognizer',
        'recognizer': build(dictionary, dropout),
        'context_encoder': TINY_CLIP,
        'fusion': {
            'type': 'MultiHeadCrossAttention',
            'embed_dim': embed_dim,
            'context_dim': 24,
            'num_heads': 2,
            'size': 'mini',
        },
        **changes,
    }
    model = MODELS.build(config)
    nn.init.constant_(model.fusion.gate.alpha, alpha)
    return model.eval()


def make_batch(texts: tuple[str, ...] = ('abc', 'fed', 'ha', 'cab'), images: int = 2) -> dict:
    rng = np.random.default_rng(0)
    samples = []
    for text in texts:
        sample = TextRecogDataSample(gt_text=LabelData(item=text))
        sample.set_metainfo({'valid_ratio': 1.0, 'img_shape': (32, 64)})
        samples.append(sample)
    crops = rng.integers(0, 256, (len(texts), 3, 32, 64), dtype=np.uint8)
    return {
        'inputs': list(torch.from_numpy(crops)),
        'data_samples': samples,
        'images': [rng.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(images)],
        'image_index': torch.tensor([i % images for i in range(len(texts))]),
    }


def forward(model: nn.Module, batch: dict, mode: str = 'tensor', **changes):
    """Run the steps of ``BaseModel``, with changes to the batch after the preprocessor."""
    data = model.data_preprocessor(copy.deepcopy(batch), model.training)
    torch.manual_seed(7)
    return model(**{**data, **changes}, mode=mode)


def words_alone(batch: dict) -> dict:
    return {key: batch[key] for key in ('inputs', 'data_samples')}


def texts_and_scores(samples: list) -> list:
    return [(sample.pred_text.item, sample.pred_text.score) for sample in samples]
