"""The experiments: trainings, measurements and results, each stored when it is finished."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor

import pipeline.registration  # noqa: F401  the configs name modules of the whole package
from pipeline.analysis.context.subject import Subject, find_rectifier
from pipeline.analysis.context.training import last_checkpoint, load_model, train
from pipeline.analysis.experiments.annotations import read_cut_words
from pipeline.analysis.experiments.configs import FindConfig, default_start, training_config
from pipeline.analysis.experiments.estimate import Estimator
from pipeline.analysis.experiments.measure import TestSet, measure_run
from pipeline.analysis.experiments.plan import Run
from pipeline.analysis.experiments.settings import Settings
from pipeline.analysis.gt_images import GtImage, read_gt_images
from pipeline.clipter.cache.context_cache import ContextCache, photo_key
from pipeline.clipter.cache.use_context_cache import use_context_cache
from pipeline.datasets.extract_tokens import extract_tokens, find_photos
from pipeline.registry import MODELS, TASK_UTILS
from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
from pipeline.utils.atomic_write import write_whole
from pipeline.utils.checkpoint import load_weights

Report = Callable[[str], None]


def run_experiments(
    settings: Settings, runs: Sequence[Run], find: FindConfig, report: Report
) -> dict[str, dict[int, dict[str, Any]]]:
    """Train and measure all runs, or continue an interrupted call.

    Args:
        settings: Settings.
        runs: Runs, each after the runs that it depends on.
        find: Finds a config by its name.
        report: Callback that receives progress lines.

    Returns:
        Name of the run -> seed -> result of :func:`measure_run`, with ``seconds`` of the training.

    Raises:
        ValueError: If ``settings.out`` contains results of other settings.
    """
    claim_folder(settings)
    todo = [(run, seed) for seed in settings.seeds for run in runs if run.trains or not seed]
    lengths = {
        (run.name, seed): _length(settings, run)
        for run, seed in todo
        if not _result_path(settings, run, seed).is_file()
    }
    estimator = Estimator(lengths, report)
    workshop = _Workshop(settings, find, estimator.say)
    results: dict[str, dict[int, dict[str, Any]]] = {}
    for run, seed in todo:
        path = _result_path(settings, run, seed)
        if not path.is_file():
            with estimator.run(run.name, seed):
                result = workshop.result(run, seed, estimator)
            write_whole(path, (json.dumps(result, ensure_ascii=False) + '\n').encode())
        if not run.from_scratch:
            results.setdefault(run.name, {})[seed] = json.loads(path.read_text('utf-8'))
    return results


class _Workshop:
    """What the runs share: start weights, context caches, test sets."""

    def __init__(self, settings: Settings, find: FindConfig, report: Report) -> None:
        self.settings = settings
        self.find = find
        self.report = report
        self._sets: list[TestSet] = []
        self._vocabulary: list[str] = []

    def result(self, run: Run, seed: int, estimator: Estimator) -> dict[str, Any]:
        """Train and measure a run."""
        settings = self.settings
        self.write_default()
        start = None if run.from_scratch else self.start_of(run, seed)
        config = training_config(settings, run, seed, self.find, start)
        encoder_config = config.model.context_encoder.to_dict()
        cache = None
        if run.with_context:
            cache = self.fill_cache(config)
            use_context_cache(config, str(cache.directory))
        else:
            config.model.context_encoder = None
            config.model.fusion.context_dim = 1  # the fusion is not used
        if run.trains:
            step = max(1, config.train_cfg.max_iters // 20)
            checkpoint = train(config, estimator.iteration, step)
        else:
            checkpoint = _untrained(config)
        if run.from_scratch:
            return {'seconds': estimator.seconds}
        seconds = estimator.seconds
        model = load_model(config, checkpoint).to(settings.device)
        with DefaultScope.overwrite_default_scope('mmocr'):
            rectifier = TASK_UTILS.build(find_rectifier(config))
            if cache is not None:
                model.context_encoder = MODELS.build(encoder_config).to(settings.device)
        subject = Subject(model, rectifier, encoder_config)
        tokens = {}
        if cache is not None:
            tokens = {test.name: _read_tokens(cache, test.photos) for test in self.test_sets}
        measured = measure_run(
            subject, self.test_sets, tokens, vocabulary=self.vocabulary,
            misleading=settings.misleading if run.tower == 'own' else 0, seed=seed,
            report=self.report,
        )  # fmt: skip
        return {**measured, 'seconds': seconds, 'iters': _length(settings, run)}

    def start_of(self, run: Run, seed: int) -> Path:
        """Checkpoint of the plain recognizer that a run starts from."""
        path = default_start(self.settings).with_name(f'{run.arch}.pth')
        if run.arch != 'ppocrv6' and run.arch not in self.settings.starts:
            plain = Run(f'{run.arch}-plain', '', '', run.config, run.arch, None, from_scratch=True)
            checkpoint = last_checkpoint(
                training_config(self.settings, plain, seed, self.find, None)
            )
            path = path.with_name(f'{run.arch}_{seed}.pth')
            _save_plain(checkpoint, path)
        elif not path.is_file():
            self._write_start(run, path)
        return path

    def write_default(self) -> None:
        """Write the embedded default's recognizer, unless the file exists."""
        path = default_start(self.settings)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            spotter = TextSpotter.from_config(DEFAULT_CONFIG, as_trained=True)
            torch.save({'state_dict': spotter.recognizer.state_dict()}, path)

    def _write_start(self, run: Run, path: Path) -> None:
        config = Config.fromfile(self.find(run.config))
        with DefaultScope.overwrite_default_scope('mmocr'):
            plain = MODELS.build({**config.model.recognizer.to_dict(), 'init_cfg': None})
        load_weights(plain, self.settings.starts[run.arch])
        torch.save({'state_dict': plain.state_dict()}, path)

    def fill_cache(self, config: Config) -> ContextCache:
        """The context cache of the training and test images."""
        encoder_config = config.model.context_encoder
        name = '_'.join(
            str(part).replace('/', '-')
            for part in (
                encoder_config.arch,
                Path(encoder_config.pretrained or 'random').stem,
                f'k{encoder_config.pooling.kernel}',
            )
        )
        with DefaultScope.overwrite_default_scope('mmocr'):
            photos = find_photos(config, ['train'])
            photos += [(str(photo.path), None) for test in self.test_sets for photo in test.photos]
            encoder = MODELS.build(encoder_config.to_dict()).to(self.settings.device)
        directory = self.settings.out / 'context' / name
        done = 0

        def count(number: int) -> None:
            nonlocal done
            done += number
            if done % 320 < number or done == len(photos):
                self.report(f'scene tokens of {done}/{len(photos)} images')

        extract_tokens(encoder, photos, directory, workers=self.settings.workers, report=count)
        return ContextCache(directory)

    @property
    def test_sets(self) -> list[TestSet]:
        """The test sets."""
        if not self._sets:
            spotter = TextSpotter.from_config(DEFAULT_CONFIG, device=self.settings.device)
            for name, path in self.settings.tests.items():
                photos = read_gt_images([path])[: self.settings.photos]
                self._sets.append(TestSet(name, photos, spotter))
        return self._sets

    @property
    def vocabulary(self) -> list[str]:
        """The words of the training data."""
        if not self._vocabulary:
            self._vocabulary = training_words(self.settings.data)
        return self._vocabulary


def training_words(folders: Sequence[Path]) -> list[str]:
    """The different words of folders of cut words."""
    texts = {
        word
        for folder in folders
        for entry in read_cut_words(folder)
        for word in entry['instances'][0]['text'].split()
    }
    return sorted(texts)


def _length(settings: Settings, run: Run) -> int:
    if not run.trains:
        return 0
    return settings.plain_iters if run.from_scratch else settings.iters


def _result_path(settings: Settings, run: Run, seed: int) -> Path:
    return settings.out / 'results' / f'{run.name}_seed_{seed}.json'


def _read_tokens(cache: ContextCache, photos: Sequence[GtImage]) -> Tensor:
    """(I, S, C) tokens of images."""
    keys = [photo_key(photo.path.read_bytes(), None) for photo in photos]
    return torch.stack(
        [cache.read(key, str(photo.path)) for key, photo in zip(keys, photos)]
    ).float()


def _untrained(config: Config) -> Path:
    """A checkpoint of the start weights."""
    path = Path(config.work_dir) / 'iter_0.pth'
    path.parent.mkdir(parents=True, exist_ok=True)
    with DefaultScope.overwrite_default_scope('mmocr'):
        model = MODELS.build(config.model)
    load_weights(model.recognizer, config.model.recognizer.init_cfg.checkpoint)
    torch.save({'state_dict': model.state_dict()}, path)
    return path


def _save_plain(checkpoint: Path, path: Path) -> None:
    """The plain recognizer of a checkpoint with context."""
    if path.is_file():
        return
    state = torch.load(checkpoint, map_location='cpu', weights_only=True)['state_dict']
    prefix = 'recognizer.'
    plain = {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({'state_dict': plain}, path)


def claim_folder(settings: Settings) -> None:
    """Store the settings, or check that the folder contains results of the same settings."""
    path = settings.out / 'settings.json'
    wanted = json.loads(json.dumps(settings.claimed()))
    if path.is_file():
        found = json.loads(path.read_text(encoding='utf-8'))
        if found.get('imagenet') is None:
            found['imagenet'] = wanted['imagenet']  # the ImageNet control can be added later
        differing = [key for key in wanted if found.get(key) != wanted[key]]
        if differing:
            raise ValueError(
                f'{settings.out} contains experiments with other settings '
                f'({", ".join(differing)}). Choose another --out, or remove it.'
            )
    write_whole(path, (json.dumps(wanted, indent=2) + '\n').encode())
