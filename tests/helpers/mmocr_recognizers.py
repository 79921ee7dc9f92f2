"""Small configs of MMOCR's recognizers.

SVTR and ASTER have no STN, which comes before all that these tests use.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHARSET = 'abcdefgh'
MAX_LENGTH = 4
COLOR = {'type': 'TextRecogDataPreprocessor', 'mean': [127.5] * 3, 'std': [127.5] * 3}
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
START_END = {'with_start': True, 'with_end': True, 'same_start_end': True}

# Name: its config, and D at the early and at the late place.


def write_charset(folder: Path) -> dict[str, Any]:
    """The dictionary of all small recognizers, without special tokens."""
    path = folder / 'charset.txt'
    path.write_text('\n'.join(CHARSET))
    return {'type': 'Dictionary', 'dict_file': str(path)}


def all_tokens(letters: dict) -> dict:
    return {**letters, **START_END, 'with_padding': True, 'with_unknown': True}


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
