"""Every recognizer that takes context, small: the table that the tests of this folder run over.

SVTR and ASTER stand without their STN, which comes before all that matters here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.structures import LabelData
from mmocr.structures import TextRecogDataSample
from torch import nn

import pipeline.registration  # noqa: F401
from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.registry import MODELS

CHARSET = 'abcdefgh'
MAX_LENGTH = 4
CONTEXT_DIM = 12
WORDS = ('abc', 'fed', 'ha', 'cab', 'g', 'deaf', 'bead', 'egg')
COLOR = {'type': 'TextRecogDataPreprocessor', 'mean': [127.5] * 3, 'std': [127.5] * 3}
OURS = {'type': 'CropDataPreprocessor', 'bgr_to_rgb': True}
MEAN_LOSS = {'type': 'CEModuleLoss', 'ignore_first_char': True, 'reduction': 'mean'}
FLAT_LOSS = {'type': 'CEModuleLoss', 'ignore_first_char': True, 'flatten': True}
ATTENTION = {'type': 'AttentionPostprocessor'}
CTC = {
    'module_loss': {'type': 'CTCModuleLoss', 'zero_infinity': True},
    'postprocessor': {'type': 'CTCPostProcessor'},
}
RESNET31 = {'type': 'ResNet31OCR', 'layers': [1, 1, 1, 1], 'channels': [8, 8, 16, 16, 16, 32, 32]}
MASTER_BACKBONE = {
    'type': 'ResNet',
    'in_channels': 3,
    'stem_channels': [8, 16],
    'block_cfgs': {
        'type': 'BasicBlock',
        'plugins': {
            'cfg': {
                'type': 'GCAModule',
                'ratio': 0.25,
                'n_head': 1,
                'pooling_type': 'att',
                'is_att_scale': False,
                'fusion_type': 'channel_add',
            },
            'position': 'after_conv2',
        },
    },
    'arch_layers': [1, 1],
    'arch_channels': [32, 32],
    'strides': [1, 1],
    'plugins': [
        {
            'cfg': {'type': 'Maxpool2d', 'kernel_size': 2, 'stride': (2, 2)},
            'stages': (True, True),
            'position': 'before_stage',
        }
    ],
}
# (N, 3, 32, 64) -> (N, 32, 1, 16)
ONE_ROW_RESNET = {
    'type': 'ResNet',
    'in_channels': 3,
    'stem_channels': [8],
    'block_cfgs': {'type': 'BasicBlock', 'use_conv1x1': 'True'},
    'arch_layers': [1, 1, 1],
    'arch_channels': [16, 16, 32],
    'strides': [(4, 2), (4, 2), (2, 1)],
}


def write_charset(folder: Path) -> dict[str, Any]:
    """The dictionary of all small recognizers, without special tokens."""
    path = folder / 'charset.txt'
    path.write_text('\n'.join(CHARSET))
    return {'type': 'Dictionary', 'dict_file': str(path)}


def crnn(letters: dict, dropout: float, rnn_flag: bool = False) -> dict:
    return {
        'type': 'CRNN',
        'backbone': {**ONE_ROW_RESNET, 'in_channels': 1},  # gray, as MMOCR's
        'decoder': {
            'type': 'CRNNDecoder',
            'in_channels': 32,
            'rnn_flag': rnn_flag,
            'dictionary': {**letters, 'with_padding': True},
            **CTC,
        },
        'data_preprocessor': {'type': 'TextRecogDataPreprocessor', 'mean': [127], 'std': [127]},
    }


def crnn_recurrent(letters: dict, dropout: float) -> dict:
    return crnn(letters, dropout, rnn_flag=True)


def svtr(letters: dict, dropout: float) -> dict:
    return {
        'type': 'SVTR',
        'encoder': {
            'type': 'SVTREncoder',
            'img_size': [32, 64],
            'in_channels': 3,
            'out_channels': 32,
            'embed_dims': [16, 24, 32],
            'depth': [1, 1, 1],
            'num_heads': [2, 2, 2],
            'mixer_types': ['Local', 'Global', 'Global'],
            'window_size': [[7, 11], [7, 11], [7, 11]],
            'merging_types': 'Conv',
            'prenorm': False,
            'max_seq_len': 12,
            'last_drop': dropout,
            'drop_path_rate': dropout,
        },
        'decoder': {
            'type': 'SVTRDecoder',
            'in_channels': 32,
            'dictionary': {**letters, 'with_padding': True, 'with_unknown': True},
            **CTC,
        },
        # One mean for three channels, as in MMOCR's own config.
        'data_preprocessor': {'type': 'TextRecogDataPreprocessor', 'mean': [127.5], 'std': [127.5]},
    }


def transformer_decoder(letters: dict, dropout: float) -> dict:
    return {
        'type': 'NRTRDecoder',
        'n_layers': 1,
        'd_embedding': 32,
        'n_head': 2,
        'd_model': 32,
        'd_inner': 64,
        'd_k': 16,
        'd_v': 16,
        'dropout': dropout,
        'module_loss': FLAT_LOSS,
        'postprocessor': ATTENTION,
        'dictionary': all_tokens(letters),
        'max_seq_len': MAX_LENGTH + 2,
    }


def satrn(letters: dict, dropout: float) -> dict:
    return {
        'type': 'SATRN',
        'backbone': {'type': 'ShallowCNN', 'input_channels': 3, 'hidden_dim': 32},
        'encoder': {
            'type': 'SATRNEncoder',
            'n_layers': 1,
            'n_head': 2,
            'd_k': 16,
            'd_v': 16,
            'd_model': 32,
            'd_inner': 64,
            'dropout': dropout,
        },
        'decoder': transformer_decoder(letters, dropout),
        'data_preprocessor': COLOR,
    }


def nrtr(letters: dict, dropout: float) -> dict:
    return {
        'type': 'NRTR',
        'backbone': RESNET31,
        'encoder': {
            'type': 'NRTREncoder',
            'n_layers': 1,
            'n_head': 2,
            'd_k': 16,
            'd_v': 16,
            'd_model': 32,
            'd_inner': 64,
            'dropout': dropout,
        },
        'decoder': transformer_decoder(letters, dropout),
        'data_preprocessor': COLOR,
    }


def master(letters: dict, dropout: float) -> dict:
    return {
        'type': 'MASTER',
        'backbone': MASTER_BACKBONE,
        'decoder': {
            'type': 'MasterDecoder',
            'n_layers': 1,
            'n_head': 2,
            'd_model': 32,
            'feat_size': 8 * 16,
            'd_inner': 64,
            'attn_drop': dropout,
            'ffn_drop': dropout,
            'feat_pe_drop': dropout,
            'module_loss': FLAT_LOSS,
            'postprocessor': ATTENTION,
            'dictionary': all_tokens(letters),
            'max_seq_len': MAX_LENGTH + 2,
        },
        'data_preprocessor': COLOR,
    }


def sar(letters: dict, dropout: float) -> dict:
    return {
        'type': 'SARNet',
        'backbone': RESNET31,
        'encoder': {'type': 'SAREncoder', 'd_model': 32, 'd_enc': 16, 'rnn_dropout': dropout},
        'decoder': {
            'type': 'ParallelSARDecoder',
            'd_model': 32,
            'd_enc': 16,
            'd_k': 16,
            'pred_dropout': dropout,
            'pred_concat': True,
            'module_loss': MEAN_LOSS,
            'postprocessor': ATTENTION,
            'dictionary': all_tokens(letters),
            'max_seq_len': MAX_LENGTH + 2,
        },
        'data_preprocessor': COLOR,
    }


def sar_sequential(letters: dict, dropout: float) -> dict:
    config = sar(letters, dropout)
    return {**config, 'decoder': {**config['decoder'], 'type': 'SequentialSARDecoder'}}


def robust_scanner(letters: dict, dropout: float) -> dict:
    return {
        'type': 'RobustScanner',
        'backbone': RESNET31,
        'encoder': {'type': 'ChannelReductionEncoder', 'in_channels': 32, 'out_channels': 16},
        'decoder': {
            'type': 'RobustScannerFuser',
            'hybrid_decoder': {
                'type': 'SequenceAttentionDecoder',
                'dim_input': 32,
                'dim_model': 16,
                'dropout': dropout,
            },
            'position_decoder': {
                'type': 'PositionAttentionDecoder',
                'dim_input': 32,
                'dim_model': 16,
            },
            'in_channels': [32, 32],
            'module_loss': MEAN_LOSS,
            'postprocessor': ATTENTION,
            'dictionary': all_tokens(letters),
            'max_seq_len': MAX_LENGTH + 2,
        },
        'data_preprocessor': COLOR,
    }


def aster(letters: dict, dropout: float) -> dict:
    return {
        'type': 'ASTER',
        'backbone': ONE_ROW_RESNET,
        'encoder': {'type': 'ASTEREncoder', 'in_channels': 32},
        'decoder': {
            'type': 'ASTERDecoder',
            'in_channels': 32,
            'emb_dims': 16,
            'attn_dims': 16,
            'hidden_size': 24,
            'module_loss': FLAT_LOSS,
            'postprocessor': ATTENTION,
            'dictionary': all_tokens(letters),
            'max_seq_len': MAX_LENGTH + 2,
        },
        'data_preprocessor': COLOR,
    }


def abinet_vision(letters: dict, dropout: float) -> dict:
    return {
        'type': 'ABINet',
        'backbone': {
            'type': 'ResNetABI',
            'stem_channels': 8,
            'base_channels': 8,
            'arch_settings': [1, 1, 1],
            'strides': [2, 1, 2],
        },
        'encoder': {
            'type': 'ABIEncoder',
            'n_layers': 1,
            'n_head': 2,
            'd_model': 32,
            'd_inner': 64,
            'dropout': dropout,
            'max_len': 8 * 16,
        },
        'decoder': {
            'type': 'ABIFuser',
            'd_model': 32,
            'vision_decoder': {
                'type': 'ABIVisionDecoder',
                'in_channels': 32,
                'num_channels': 8,
                'attn_height': 8,
                'attn_width': 16,
            },
            'module_loss': {'type': 'ABIModuleLoss'},
            'postprocessor': ATTENTION,
            'dictionary': {**letters, **START_END},
            'max_seq_len': MAX_LENGTH + 2,
        },
        'data_preprocessor': COLOR,
    }


def abinet(letters: dict, dropout: float) -> dict:
    config = abinet_vision(letters, dropout)
    language = {
        'type': 'ABILanguageDecoder',
        'd_model': 32,
        'n_head': 2,
        'd_inner': 64,
        'n_layers': 1,
        'dropout': dropout,
    }
    return {
        **config,
        'decoder': {**config['decoder'], 'language_decoder': language, 'num_iters': 2},
    }


def vit(letters: dict, dropout: float) -> dict:
    return {
        'type': 'ViTEncoder',
        'img_size': (32, 64),
        'embed_dim': 32,
        'depth': 1,
        'num_heads': 2,
        'drop_rate': dropout,
    }


def parseq(letters: dict, dropout: float) -> dict:
    return {
        'type': 'PARSeq',
        'encoder': vit(letters, dropout),
        'decoder': {
            'type': 'PARSeqDecoder',
            'embed_dim': 32,
            'num_heads': 2,
            'dropout': dropout,
            'max_label_length': MAX_LENGTH,
            'module_loss': {'type': 'PermutationLanguageModelLoss', 'perm_num': 2},
            'dictionary': {**letters, 'with_start': True, 'with_end': True, 'with_padding': True},
            'postprocessor': {'type': 'PARSeqPostprocessor'},
        },
        'data_preprocessor': OURS,
    }


def hybrid(letters: dict, dropout: float) -> dict:
    config = parseq(letters, dropout)
    decoder = {**config['decoder'], 'type': 'HybridDecoder', 'grid_size': (8, 8), 'reader': 'ctc'}
    return {**config, 'decoder': decoder}


def vitstr(letters: dict, dropout: float) -> dict:
    return {
        'type': 'ViTSTR',
        'encoder': vit(letters, dropout),
        'decoder': {
            'type': 'ViTSTRDecoder',
            'embed_dim': 32,
            'max_label_length': MAX_LENGTH,
            'module_loss': {'type': 'CEModuleLoss', 'flatten': True, 'reduction': 'mean'},
            'dictionary': {**letters, 'with_start': True, 'with_end': True, 'with_padding': True},
            'postprocessor': {'type': 'PARSeqPostprocessor'},
        },
        'data_preprocessor': OURS,
    }


def ppocr(letters: dict, dropout: float) -> dict:
    return {
        'type': 'EncoderDecoderRecognizer',
        'backbone': {
            'type': 'PPLCNetV4',
            'stem_channels': 8,
            'widths': (16, 32),
            'depths': (1, 2),
            'squeeze_excitation': ((0,), (1,)),
            'strides': ((2, 1),),
            'pool': (4, 2),
        },
        'encoder': {
            'type': 'LightSVTREncoder',
            'in_channels': 32,
            'embed_dim': 24,
            'depth': 1,
            'num_heads': 2,
        },
        'decoder': {
            'type': 'CTCDecoder',
            'embed_dim': 24,
            'dictionary': {**letters, 'with_padding': True},
        },
        'data_preprocessor': {'type': 'CropDataPreprocessor', 'bgr_to_rgb': False},
    }


START_END = {'with_start': True, 'with_end': True, 'same_start_end': True}

# Name: its config, and D at the early and at the late place.
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


def all_tokens(letters: dict) -> dict:
    return {**letters, **START_END, 'with_padding': True, 'with_unknown': True}


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
