"""``clipter`` and the scripts of ``tools``: help, usage errors, and imports before the checks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.cli.commands import COMMANDS, module_of
from pipeline.cli.main import main

ROOT = Path(__file__).parents[2]
SHIMS = sorted((ROOT / 'tools').glob('*.py'))
HEAVY = {'torch', 'cv2', 'numpy', 'mmengine', 'mmocr', 'pipeline.spotter', 'pipeline.io'}
# Runs command lines in one fresh process; prints the statuses and the modules imported.
RUN = """
import contextlib, io, json, sys
from pipeline.cli.main import main
statuses = []
for line in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            statuses.append(main(line))
        except SystemExit as error:
            statuses.append(error.code or 0)
print(json.dumps([statuses, sorted(sys.modules)]))
"""

RUN_SHIMS = """
import contextlib, io, json, pathlib, runpy, sys
helps = {}
for path in sys.argv[1:]:
    sys.argv, out = [path, '--help'], io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            runpy.run_path(path, run_name='__main__')
        except SystemExit as error:
            helps[pathlib.Path(path).stem] = [error.code or 0, out.getvalue()]
print(json.dumps(helps))
"""


def run_fresh(*lines: list[str]) -> tuple[list[int], set[str]]:
    done = subprocess.run(
        [sys.executable, '-c', RUN, json.dumps(lines)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    statuses, modules = json.loads(done.stdout)
    return statuses, set(modules)


def test_help_of_all_commands_imports_nothing_heavy() -> None:
    lines = [['--help'], *([name, '--help'] for name in COMMANDS)]
    statuses, modules = run_fresh(*lines)
    assert statuses == [0] * len(lines)
    assert not HEAVY & modules


def test_usage_errors_are_found_before_heavy_imports() -> None:
    lines = [
        [],
        ['infre', 'a.png'],
        ['infer'],
        ['infer', 'a.png', '--device', 'abacus'],
        ['infer', 'a.png', '--crops', '--context', 'on'],
        ['infer', 'a.png', '--config', 'no/such-config'],
        ['train', 'no/such-config'],
        ['train', 'recognition/parseq-small_words', '--cfg-options', 'a'],
        ['test', 'no/such-config'],
        ['evaluate', '--gt', 'gt', '--pred', 'pred', '--protocol', 'icdar2042'],
        ['prepare-dataset', 'imagenet'],
        ['benchmark', '--crops'],
    ]
    statuses, modules = run_fresh(*lines)
    assert statuses == [2] * len(lines)
    assert not HEAVY & modules


def test_help_lists_every_command_with_one_line(capsys) -> None:
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    printed = capsys.readouterr().out
    for name, line in COMMANDS.items():
        assert re.search(rf'^  {name} +{re.escape(line)}$', printed, re.M)


def test_every_module_with_a_main_is_a_command() -> None:
    assert {f'{path.stem}' for path in SHIMS} == {name.replace('-', '_') for name in COMMANDS}
    for name in COMMANDS:
        assert callable(import_module(module_of(name)).main)


@pytest.mark.parametrize('name', COMMANDS)
def test_help_shows_examples(name, capsys) -> None:
    with pytest.raises(SystemExit, match='0'):
        main([name, '--help'])
    printed = capsys.readouterr().out
    assert f'usage: clipter {name}' in printed
    assert re.search(rf'^examples?:\n  clipter {name}', printed, re.M)


def test_an_unknown_command_names_similar_ones(capsys) -> None:
    with pytest.raises(SystemExit, match='2'):
        main(['prepare_datasets'])
    assert 'did you mean prepare-dataset' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('option', 'hint'),
    [('--min-scor', '--min-score'), ('--formt=json', '--format'), ('--no-dra', '--no-draw')],
)
def test_a_misspelled_option_names_a_similar_one(capsys, option, hint) -> None:
    with pytest.raises(SystemExit) as ended:
        main(['infer', 'photo.jpg', option])
    assert ended.value.code == 2
    assert f'did you mean {hint}?' in capsys.readouterr().err


def test_version_is_that_of_the_distribution(capsys) -> None:
    assert main(['--version']) == 0
    assert re.fullmatch(r'clipter \d+\.\d+\.\d+\n', capsys.readouterr().out)


def test_arguments_reach_the_command(capsys) -> None:
    assert main(['prepare-dataset', '--list']) == 0
    assert 'icdar2015' in capsys.readouterr().out


def test_shims_of_tools_show_the_help_of_their_commands() -> None:
    done = subprocess.run(
        [sys.executable, '-c', RUN_SHIMS, *map(str, SHIMS)],
        env={'PYTHONPATH': str(ROOT), 'PATH': ''},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    helps = json.loads(done.stdout)
    assert len(helps) == len(COMMANDS) > 15
    for name, (status, text) in helps.items():
        assert status == 0
        assert f'usage: clipter {name.replace("_", "-")}' in text


def test_a_closed_stdout_ends_the_command_quietly() -> None:
    process = subprocess.Popen(
        [sys.executable, '-m', 'pipeline.cli', 'prepare-dataset', '--list'],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()  # as head does, before anything is printed
    assert process.wait() == 1
    assert process.stderr is not None and process.stderr.read() == ''
