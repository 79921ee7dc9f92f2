"""Choices that the parsers repeat are equal to those of the modules they come from."""

from __future__ import annotations

import typing

from pipeline.analysis.context.synthetic import BenchmarkSettings
from pipeline.batch import part_folder
from pipeline.cli import choices, context_benchmark
from pipeline.datasets.converters import catalog
from pipeline.datasets.converters.entry import TASKS as DATASET_TASKS
from pipeline.evaluation import file_evaluation
from pipeline.evaluation.matching import MATCHINGS
from pipeline.evaluation.protocols import POINT_PROTOCOLS, PROTOCOLS
from pipeline.evaluation.scoring import TASKS
from pipeline.image_orientation import ORIENTATIONS
from pipeline.io import FORMATS
from pipeline.spotter import CPU_ENGINES, ENGINES
from pipeline.torch_spotter import PRECISIONS


def test_choices_are_those_of_their_modules() -> None:
    assert choices.RESULT_FORMATS == FORMATS
    assert choices.BATCH_FORMATS == part_folder.FORMATS
    assert tuple(PROTOCOLS) == choices.PROTOCOLS
    assert tuple(POINT_PROTOCOLS) == choices.POINT_PROTOCOLS
    assert tuple(MATCHINGS) == choices.MATCHINGS
    assert choices.TASKS == TASKS
    assert choices.ENGINES == ENGINES
    assert choices.CPU_ENGINES == CPU_ENGINES
    assert tuple(map(str, ORIENTATIONS)) == choices.ORIENTATIONS
    assert choices.PRECISIONS == PRECISIONS
    assert choices.DATASET_TASKS == DATASET_TASKS
    assert tuple(catalog.DATASETS) == choices.DATASETS


def test_lexicon_choices_are_those_of_the_evaluation() -> None:
    hints = typing.get_type_hints(file_evaluation.LexiconChoice)
    assert set(choices.LEXICON_LEVELS) == set(typing.get_args(hints['level']))
    assert set(choices.LEXICON_RULES) == set(typing.get_args(hints['rule']))


def test_context_benchmark_defaults_are_those_of_its_settings() -> None:
    args, settings = context_benchmark.parse_args([]), BenchmarkSettings()
    for name in [*context_benchmark.LENGTHS, 'seed', 'fusion', 'stage', 'kernel', 'workers']:
        assert getattr(args, name) == getattr(settings, name)
