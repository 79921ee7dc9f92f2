"""Training config of each run: a config of this project with the settings of the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.config import Config

from pipeline.analysis.context.subject import find_rectifier
from pipeline.analysis.experiments.annotations import derive_annotation
from pipeline.analysis.experiments.plan import CONFIGS, PLAIN_CONFIGS, Run
from pipeline.analysis.experiments.settings import Settings

FindConfig = Callable[[str], Path]
"""Function of a config's name that returns its path."""

_CHECKPOINT_STEPS = 5


def encoder_config(settings: Settings, run: Run, kernel: Any) -> dict[str, Any]:
    """Config of the context encoder of a run."""
    config: dict[str, Any] = {
        'type': 'ClipImageEncoder',
        'arch': settings.tower,
        'pretrained': settings.pretrained,
        'pooling': {'kernel': kernel},
    }
    if run.tower == 'random' or settings.pretrained is None:
        config.update(pretrained=None, allow_random=True)
    elif run.tower == 'imagenet':
        config.update(pretrained=settings.imagenet)
    return config


def default_start(settings: Settings) -> Path:
    """File of the embedded default's recognizer, from which its runs start."""
    return settings.out / 'start' / 'ppocrv6.pth'


def training_config(
    settings: Settings, run: Run, seed: int, find: FindConfig, start: Path | None
) -> Config:
    """Config of a run, with the context encoder that fills the cache.

    Args:
        settings: Settings of the experiments.
        run: Run.
        seed: Seed of the training.
        find: Finds a config by its name.
        start: Weights of the plain recognizer; None trains from random weights.
    """
    config = Config.fromfile(find(run.config))
    config.load_from = None
    model = config.model
    kernel = model.context_encoder.get('pooling', {}).get('kernel', 1)
    model.context_encoder = encoder_config(settings, run, kernel)
    model.use_context = run.with_context
    model.train_recognizer = not run.only_fusion
    model.recognizer.init_cfg = (
        None if start is None else {'type': 'Pretrained', 'checkpoint': str(start)}
    )
    if model.recognizer.get('backbone', {}).get('init_cfg'):
        # The backbone is that of the embedded default; ``start`` contains it already.
        model.recognizer.backbone.init_cfg = (
            {
                'type': 'Pretrained',
                'checkpoint': str(default_start(settings)),
                'prefix': 'backbone.',
            }
            if start is None
            else None
        )
    if run.only_fusion or not run.trains:
        # Weights that are not trained keep their batch norms folded, and so their exact outputs.
        model.recognizer.encoder.norm = False
        config.custom_hooks = [
            hook for hook in config.custom_hooks if hook['type'] != 'RestoreNormsHook'
        ]
    if run.from_scratch:
        config.optim_wrapper = Config.fromfile(find(PLAIN_CONFIGS[run.arch])).optim_wrapper
    if run.stage is not None:
        if run.stage != model.stage:
            model.fusion.embed_dim = None  # the config's value is the width at its own place
        model.stage = run.stage
    words = Config.fromfile(find(CONFIGS['ppocrv6']))
    config.train_dataloader = _loader(settings, run, seed, words, config)
    config.val_dataloader = config.val_cfg = config.val_evaluator = None
    config.test_dataloader = config.test_cfg = config.test_evaluator = None
    iters = settings.plain_iters if run.from_scratch else settings.iters
    _shorten(config, iters)
    for hook in config.get('custom_hooks', ()):
        if hook['type'] == 'FrozenBackboneHook':
            hook['folder'] = str(settings.out / 'backbone')
    config.randomness = {'seed': seed}
    config.log_level = 'ERROR'
    config.work_dir = str(settings.out / 'runs' / run.name / f'seed_{seed}')
    return config


def _loader(
    settings: Settings, run: Run, seed: int, words: Config, config: Config
) -> dict[str, Any]:
    """The data sets of the experiments, cropped for the recognizer of ``config``."""
    loader: dict[str, Any] = words.train_dataloader.to_dict()
    if run.arch != 'ppocrv6':
        # One size of crops, so batches need no width.
        loader.pop('batch_sampler')
        loader['batch_size'] = 64
    has_own_crops = 'pipeline' in config.get('words', {})
    part = (config if has_own_crops else words).words.to_dict()
    pipeline = {transform['type']: transform for transform in part['pipeline']}
    pipeline['PackSceneWords']['with_image'] = run.with_context
    if not has_own_crops:
        own = config.train_dataloader.dataset
        part.update({key: own[key] for key in ('charset', 'max_length')})
        pipeline['CutWords']['rectifier'] = find_rectifier(config)
    part['indices'] = None
    parts = []
    for folder in settings.data:
        out = settings.out / 'data' / f'{run.share:g}{"_shuffled" * run.shuffled}' / folder.name
        annotation = derive_annotation(
            folder, out.with_suffix('.json'), run.share, run.shuffled, seed=0
        )
        dataset = {**part, 'data_root': str(folder), 'ann_file': str(annotation.resolve())}
        times = words.repeats.get(folder.name, 1)
        parts.append({'type': 'RepeatDataset', 'dataset': dataset, 'times': times})
    loader['dataset'] = {'type': 'ConcatDataset', 'datasets': parts, 'verify_meta': False}
    loader['num_workers'] = settings.workers
    loader['persistent_workers'] = settings.workers > 0
    loader['sampler'] = {'type': 'InfiniteSampler', 'shuffle': True, 'seed': seed}
    return loader


def _shorten(config: Config, iters: int) -> None:
    """Set the number of iterations, and the schedule to match."""
    warmup = max(1, min(50, iters // 10))
    config.max_iters = iters
    config.train_cfg = {'type': 'IterBasedTrainLoop', 'max_iters': iters}
    config.param_scheduler = [
        {'type': 'LinearLR', 'start_factor': 0.02, 'by_epoch': False, 'begin': 0, 'end': warmup},
        {'type': 'CosineAnnealingLR', 'T_max': iters, 'eta_min': 1e-6, 'by_epoch': False},
    ]
    hooks = {name: hook for name, hook in config.default_hooks.items() if name != 'pictures'}
    hooks['checkpoint'] = {
        'type': 'CheckpointHook',
        'interval': max(1, iters // _CHECKPOINT_STEPS),
        'by_epoch': False,
        'max_keep_ckpts': 1,
    }
    config.default_hooks = hooks
