"""MMEngine configs of the trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config

from pipeline.analysis.context.synthetic.clip_training import ARCH
from pipeline.analysis.context.synthetic.settings import BenchmarkSettings
from pipeline.analysis.context.synthetic.vocabulary import LETTERS, LONGEST

_EMBED_DIM = 64
_FINE_TUNING_LR = 3e-3
_RECTIFIER = {'type': 'Rectifier', 'size': (32, 128)}


def recognizer_config(charset_file: Path) -> dict[str, Any]:
    """Config of a small PARSeq with a CTC head, like the embedded default model."""
    return {
        'type': 'PARSeq',
        'data_preprocessor': {'type': 'CropDataPreprocessor', 'bgr_to_rgb': True},
        'encoder': {
            'type': 'ViTEncoder',
            'img_size': (32, 128),
            'stem': 'conv',
            'stem_cfg': {
                'channels': (16, 24, 48, 64),
                'strides': ((2, 2), (2, 2), (2, 1), (2, 1)),
                'blocks': (0, 1, 0, 0),
            },
            'embed_dim': _EMBED_DIM,
            'depth': 2,
            'num_heads': 4,
            'mlp_ratio': 2.0,
        },
        'decoder': {
            'type': 'HybridDecoder',
            'grid_size': (2, 32),
            'dictionary': {
                'type': 'Dictionary',
                'dict_file': str(charset_file),
                'with_start': True,
                'with_end': True,
                'with_padding': True,
            },
            'embed_dim': _EMBED_DIM,
            'num_heads': 4,
            'mlp_ratio': 2.0,
            'dropout': 0.0,
            'max_label_length': LONGEST,
            # Refinement predicts each letter from all others, which two permutations do not train.
            'refine_iters': 0,
            'module_loss': {'type': 'PermutationLanguageModelLoss', 'perm_num': 2},
            'postprocessor': {'type': 'PARSeqPostprocessor'},
        },
    }


def encoder_config(settings: BenchmarkSettings, clip_file: Path) -> dict[str, Any]:
    """Config of the frozen CLIP: the small one in ``clip_file``, or the one of the settings."""
    pooling = {'kernel': settings.kernel}
    if settings.clip is None:
        return {
            'type': 'ClipImageEncoder',
            'arch': {k: v for k, v in ARCH.items() if k != 'text_cfg'},
            'pretrained': str(clip_file),
            'pooling': pooling,
        }
    return {
        'type': 'ClipImageEncoder',
        'arch': settings.clip,
        'pretrained': settings.pretrained,
        'pooling': pooling,
    }


def fusion_config(settings: BenchmarkSettings) -> dict[str, Any]:
    """Config of the fusion."""
    fusion: dict[str, Any] = {'type': settings.fusion, 'embed_dim': _EMBED_DIM}
    # The letter depends on pattern and kind together, a function that requires the MLP.
    if settings.fusion == 'MultiHeadCrossAttention':
        fusion |= {'num_heads': 4, 'size': 'full'}
    return fusion


def plain_config(
    settings: BenchmarkSettings, data_root: Path, work_dir: Path, charset_file: Path
) -> Config:
    """Config of the training of the plain recognizer from random weights."""
    return _config(
        settings, recognizer_config(charset_file), data_root, work_dir,
        iters=settings.plain_iters, lr=4e-3, with_image=False,
    )  # fmt: skip


def continued_config(
    settings: BenchmarkSettings,
    data_root: Path,
    work_dir: Path,
    charset_file: Path,
    plain_checkpoint: Path,
) -> Config:
    """Config that continues the plain training for as many iterations as the fine-tuning."""
    model = recognizer_config(charset_file)
    model['init_cfg'] = {'type': 'Pretrained', 'checkpoint': str(plain_checkpoint)}
    return _config(
        settings, model, data_root, work_dir,
        iters=settings.context_iters, lr=_FINE_TUNING_LR, with_image=False,
    )  # fmt: skip


def context_config(
    settings: BenchmarkSettings,
    data_root: Path,
    work_dir: Path,
    charset_file: Path,
    plain_checkpoint: Path,
    clip_file: Path,
) -> Config:
    """Config that fine-tunes the plain recognizer with context. The gate starts closed."""
    plain = recognizer_config(charset_file)
    plain['init_cfg'] = {'type': 'Pretrained', 'checkpoint': str(plain_checkpoint)}
    model = {
        'type': 'ContextRecognizer',
        'recognizer': plain,
        'context_encoder': encoder_config(settings, clip_file),
        'fusion': fusion_config(settings),
        'stage': settings.stage,
    }
    return _config(
        settings, model, data_root, work_dir,
        iters=settings.context_iters, lr=_FINE_TUNING_LR, with_image=True,
    )  # fmt: skip


def _config(
    settings: BenchmarkSettings,
    model: dict[str, Any],
    data_root: Path,
    work_dir: Path,
    iters: int,
    lr: float,
    with_image: bool,
) -> Config:
    warmup = max(1, min(100, iters // 10))
    return Config(
        {
            'default_scope': 'mmocr',
            'custom_imports': {'imports': ['pipeline.registration'], 'allow_failed_imports': False},
            'rectifier': _RECTIFIER,
            'model': model,
            'work_dir': str(work_dir),
            'train_dataloader': {
                'batch_size': settings.photos_a_batch,
                'num_workers': settings.workers,
                'persistent_workers': settings.workers > 0,
                'sampler': {'type': 'InfiniteSampler', 'shuffle': True, 'seed': settings.seed},
                'collate_fn': {'type': 'collate_scene_words'},
                'dataset': {
                    'type': 'SceneWordsDataset',
                    'data_root': str(data_root),
                    'ann_file': 'annotation.json',
                    'charset': LETTERS,
                    'max_length': LONGEST,
                    'pipeline': [
                        {'type': 'LoadSceneImage'},
                        {'type': 'CutWords', 'rectifier': _RECTIFIER},
                        {'type': 'PackSceneWords', 'with_image': with_image},
                    ],
                },
            },
            'optim_wrapper': {
                'type': 'OptimWrapper',
                'optimizer': {'type': 'AdamW', 'lr': lr, 'weight_decay': 0.01},
                'paramwise_cfg': {
                    'norm_decay_mult': 0.0,
                    'bias_decay_mult': 0.0,
                    'custom_keys': {
                        'pos_embed': {'decay_mult': 0.0},
                        'pos_queries': {'decay_mult': 0.0},
                        'char_embed': {'decay_mult': 0.0},
                        # At alpha = 0 the other weights of the fusion get no gradient.
                        'fusion.gate.alpha': {'lr_mult': 10.0, 'decay_mult': 0.0},
                    },
                },
                'clip_grad': {'max_norm': 20.0},
            },
            'param_scheduler': [
                {
                    'type': 'LinearLR',
                    'start_factor': 0.02,
                    'by_epoch': False,
                    'begin': 0,
                    'end': warmup,
                },
                {
                    'type': 'CosineAnnealingLR',
                    'T_max': iters - warmup,
                    'begin': warmup,
                    'end': iters,
                    'eta_min': lr / 100,
                    'by_epoch': False,
                },
            ],
            'train_cfg': {'type': 'IterBasedTrainLoop', 'max_iters': iters},
            'default_hooks': {
                'timer': {'type': 'IterTimerHook'},
                'logger': {'type': 'LoggerHook', 'interval': 100},
                'param_scheduler': {'type': 'ParamSchedulerHook'},
                'checkpoint': {
                    'type': 'CheckpointHook',
                    'interval': 200,
                    'by_epoch': False,
                    'max_keep_ckpts': 1,
                },
            },
            'env_cfg': {'mp_cfg': {'mp_start_method': 'fork', 'opencv_num_threads': 0}},
            'randomness': {'seed': settings.seed},
            'log_level': 'ERROR',
            'log_processor': {'type': 'LogProcessor', 'window_size': 50, 'by_epoch': False},
            'load_from': None,
            'resume': False,
        }
    )
