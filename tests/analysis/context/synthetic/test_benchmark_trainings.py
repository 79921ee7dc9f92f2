"""Training configs of the benchmark, and the requirements on its result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.analysis.context.synthetic.benchmark import accuracy_by_role, check_requirements
from pipeline.analysis.context.synthetic.clip_training import ARCH, train_clip
from pipeline.analysis.context.synthetic.configs import (
    context_config,
    continued_config,
    encoder_config,
    plain_config,
)
from pipeline.analysis.context.synthetic.report import format_table
from pipeline.analysis.context.synthetic.settings import BenchmarkSettings
from pipeline.clipter.encoder import ClipImageEncoder

pytestmark = pytest.mark.slow

SETTINGS = BenchmarkSettings()
GOOD = {
    'plain': {'ambiguous': 0.16, 'unambiguous': 0.99, 'misleading': 0.98},
    'context': {'ambiguous': 0.95, 'unambiguous': 0.99, 'misleading': 0.98},
    'swapped': {'ambiguous': 0.01, 'unambiguous': 0.99, 'misleading': 0.98},
    'random_encoder': {'ambiguous': 0.2, 'unambiguous': 0.99, 'misleading': 0.98},
    'gate': 0.4,
    'gate_without_information': 0.03,
}


def configs() -> dict:
    start, clip = Path('plain.pth'), Path('clip.safetensors')
    folders = (Path('data'), Path('run'), Path('charset.txt'))
    return {
        'plain': plain_config(SETTINGS, *folders),
        'continued': continued_config(SETTINGS, *folders, start),
        'context': context_config(SETTINGS, *folders, start, clip),
    }


def test_configs_give_plain_and_context_the_same_budget():
    """Both have the same words, iterations, initial weights and optimizer."""
    trained = configs()
    plain, context = trained['continued'], trained['context']
    assert plain.train_cfg == context.train_cfg
    assert plain.optim_wrapper == context.optim_wrapper
    assert plain.param_scheduler == context.param_scheduler
    assert plain.model == context.model.recognizer
    loaders = [config.train_dataloader.to_dict() for config in (plain, context)]
    packs = [loader['dataset']['pipeline'][-1] for loader in loaders]
    assert [pack.pop('with_image') for pack in packs] == [False, True]
    assert loaders[0] == loaders[1]


def test_context_config_gate_has_higher_lr_and_no_decay():
    keys = configs()['context'].optim_wrapper.paramwise_cfg.custom_keys
    assert keys['fusion.gate.alpha'].lr_mult > 1
    assert keys['fusion.gate.alpha'].decay_mult == 0


def test_encoder_config_uses_the_clip_of_the_settings():
    settings = replace(SETTINGS, clip='ViT-B-32', pretrained='openai')
    config = encoder_config(settings, Path('unused'))
    assert (config['arch'], config['pretrained']) == ('ViT-B-32', 'openai')


@pytest.fixture(scope='module')
def clip_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('clip') / 'clip.safetensors'
    train_clip(path, seed=0, scenes=12, steps=2, batch_size=6)
    return path


def test_encoder_config_loads_the_small_clip(clip_file):
    encoder = ClipImageEncoder(ARCH, str(clip_file), pooling={'kernel': 'inf'})
    tokens = encoder([np.zeros((50, 80, 3), np.uint8)])
    assert tokens.shape == (1, 1, ARCH['vision_cfg']['width'])
    assert not any(parameter.requires_grad for parameter in encoder.tower.parameters())


def test_train_clip_is_equal_for_equal_seeds(clip_file, tmp_path):
    before = torch.random.get_rng_state()
    train_clip(tmp_path / 'again.safetensors', seed=0, scenes=12, steps=2, batch_size=6)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (tmp_path / 'again.safetensors').read_bytes() == clip_file.read_bytes()


def test_accuracy_by_role_counts_each_role():
    roles = ['ambiguous', 'ambiguous', 'unambiguous', 'misleading']
    accuracy = accuracy_by_role(
        ['CAKE', 'LAKE', 'OPEN', 'XAKE'], roles, ['CAKE', 'CAKE', 'OPEN', '']
    )
    assert accuracy == {'ambiguous': 0.5, 'unambiguous': 1.0, 'misleading': 0.0}


def test_check_requirements_accepts_a_good_result():
    assert all(check_requirements(GOOD).values())


@pytest.mark.parametrize(
    ('change', 'broken'),
    [
        ({'context': {'ambiguous': 0.89, 'unambiguous': 0.99}}, 'at least 0.9'),
        ({'context': {'ambiguous': 0.95, 'unambiguous': 0.97}}, 'lose at most a point'),
        ({'swapped': {'ambiguous': 0.17}}, "another kind's scene"),
        ({'gate': 0.1}, 'gate above'),
        ({'gate_without_information': 0.1}, 'gate below'),
    ],
)
def test_check_requirements_checks_each_requirement(change, broken):
    unmet = [what for what, met in check_requirements({**GOOD, **change}).items() if not met]
    assert len(unmet) == 1
    assert broken in unmet[0]


def test_format_table_marks_unmet_requirements():
    result = {
        **GOOD,
        'gate': 0.1,
        'words': {'ambiguous': 4, 'unambiguous': 2, 'misleading': 1},
        'chance': 1 / 6,
        'clip_zero_shot': None,
        'seconds': {'data': 2.0, 'plain': 3.0},
        'cpu_seconds': {'data': 1.0, 'plain': 3.0},
    }
    result['requirements'] = check_requirements(result)
    table = format_table(result)
    assert '| with context | 0.950 | 0.990 | 0.980 |' in table
    assert table.count('NOT MET') == 1
    assert '5 (data 2, plain 3), 4 of processor time' in table
