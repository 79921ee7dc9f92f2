"""Configs by path and by name, in a checkout and in an installed package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.cli import config_files
from pipeline.cli.common import CommandError
from pipeline.cli.config_files import find_config, parse_options, read_config

CONFIGS = Path(__file__).parents[2] / 'configs'
NAME = 'recognition/parseq-small_words'


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize('name', [NAME, f'{NAME}.py', f'configs/{NAME}', f'configs/{NAME}.py'])
def test_find_config_finds_names_from_any_folder(elsewhere, name):
    assert find_config(name) == CONFIGS / f'{NAME}.py'


def test_find_config_prefers_the_path_as_given(elsewhere):
    path = elsewhere / f'{NAME}.py'
    path.parent.mkdir()
    path.write_text('model = dict()')
    assert find_config(NAME) == Path(f'{NAME}.py')
    assert find_config(str(path)) == path


def test_find_config_finds_names_in_the_installed_package(elsewhere, monkeypatch):
    package = elsewhere / 'site-packages' / 'pipeline' / 'configs'
    for name in ('_base_/runtime.py', f'{NAME}.py'):
        (package / name).parent.mkdir(parents=True)
        (package / name).write_text('')
    monkeypatch.setattr(config_files, 'ROOTS', (elsewhere / 'configs', package))
    assert find_config(NAME) == package / f'{NAME}.py'


@pytest.mark.parametrize(
    ('name', 'said'),
    [
        ('recognition/parseq-smal_words', NAME),
        ('parseq-small_words.py', NAME),
        ('zzz', 'folders: detection, recognition, spotting'),
    ],
)
def test_find_config_lists_similar_names(name, said):
    with pytest.raises(CommandError, match=f'no config {name}') as caught:
        find_config(name)
    assert said in str(caught.value)


def test_read_config_applies_options():
    config = read_config(NAME, ['train_cfg.max_iters=7', 'model.encoder.depth=2'])
    assert config.train_cfg.max_iters == 7
    assert config.model.encoder.depth == 2


@pytest.mark.parametrize(
    ('option', 'meant'),
    [
        ('train_cfg.maxiters=3', 'train_cfg.max_iters'),
        ('optim_wraper.optimizer.lr=1', 'optim_wrapper.optimizer.lr'),
    ],
)
def test_read_config_names_misspelled_options(option, meant):
    with pytest.raises(CommandError, match=f'did you mean {meant}'):
        read_config(NAME, [option])


def test_read_config_accepts_new_options():
    config = read_config(NAME, ['train_dataloader.pin_memory=True', 'model.decoder.new.key=1'])
    assert config.train_dataloader.pin_memory is True
    assert config.model.decoder.new.key == 1


def test_read_config_reports_what_a_config_raises(tmp_path):
    path = tmp_path / 'broken.py'
    path.write_text('model = dict(type=PARSeq)')
    with pytest.raises(CommandError, match='PARSeq') as caught:
        read_config(str(path))
    assert str(path) in str(caught.value)


def test_parse_options_reads_values_as_mmengine_does():
    assert parse_options(['a.b=1', 'c=[1,2]', 'd=x=y']) == {'a.b': 1, 'c': [1, 2], 'd': 'x=y'}
    assert parse_options(None) == {}


def test_paths_from_configs_to_the_package_hold_in_the_wheel():
    """``setup.py`` maps ``configs`` and ``data/dicts`` into the package, and these paths only."""
    found = set()
    for path in CONFIGS.rglob('*.py'):
        for relative in re.findall(r'/?((?:\.\./){2}[\w./-]+)', path.read_text(encoding='utf-8')):
            assert (path.parent / relative).is_file()
            found.add('/'.join(relative.split('/')[2:4]))
    assert found == {'data/dicts', 'pipeline/weights'}
