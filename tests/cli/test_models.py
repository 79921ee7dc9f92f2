from __future__ import annotations

import argparse
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.cli import export, infer, models
from pipeline.cli.commands import module_of
from pipeline.cli.common import add_spotter
from pipeline.cli.config_files import find_config
from pipeline.cli.model_zoo import MODELS


def test_models_lists_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ['fast', 'default', 'multilingual', 'medium']
    assert [line.endswith('(included)') for line in lines] == [True, True, False, False]


@pytest.mark.parametrize('name', MODELS)
def test_recipe_of_a_model_is_commands_that_exist(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert models.main([name]) == 0
    commands = [shlex.split(line) for line in capsys.readouterr().out.splitlines()[2:]]
    assert commands[-1] == ['clipter', 'infer', 'photo.jpg', '--model', name]
    for _, command, *arguments in (words for words in commands if words[0] == 'clipter'):
        module = import_module(module_of(command))
        seen: list[argparse.Namespace] = []
        monkeypatch.setattr(module, 'run_command', lambda work, args, seen=seen: seen.append(args))
        module.main(arguments)
        if seen[0].config:
            assert find_config(seen[0].config).is_file()


def test_model_option_sets_config_and_weights() -> None:
    parser = argparse.ArgumentParser()
    add_spotter(parser)
    args = parser.parse_args(['--model', 'multilingual'])
    assert args.config == 'spotting/multilingual'
    assert args.checkpoint == 'work_dirs/models/multilingual.safetensors'
    args = parser.parse_args(['--checkpoint', 'mine.safetensors', '--model', 'medium'])
    assert args.checkpoint == 'mine.safetensors'
    assert parser.parse_args(['--model', 'default']).config is None
    with pytest.raises(SystemExit):
        parser.parse_args(['--model', 'default', '--config', 'spotting/default'])


def test_fast_model_is_the_default_at_a_smaller_size() -> None:
    args = infer.parse_args(['photo.jpg', '--model', 'fast'])
    assert (args.config, args.checkpoint, args.long_side) == (None, None, 800)
    args = infer.parse_args(['photo.jpg', '--long-side', '640', '--model', 'fast'])
    assert args.long_side == 640


def test_fast_model_is_refused_where_images_have_no_size(capsys) -> None:
    with pytest.raises(SystemExit):
        export.main(['--model', 'fast', '--out', 'folder'])
    assert 'with --long-side 800, which this command does not have' in capsys.readouterr().err


def test_infer_says_how_to_make_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert infer.main(['photo.jpg', '--model', 'medium']) == 2
    assert 'clipter models medium prints how' in capsys.readouterr().err
