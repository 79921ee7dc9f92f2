"""Small configs of this project's recognizers."""

from __future__ import annotations

from mmocr_recognizers import MAX_LENGTH

OURS = {'type': 'CropDataPreprocessor', 'bgr_to_rgb': True}


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
