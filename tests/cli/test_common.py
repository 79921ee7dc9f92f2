"""The error frame, the exit statuses and the argument types of all commands."""

from __future__ import annotations

import argparse

import pytest

from pipeline.cli import common
from pipeline.cli.common import CommandError, Interrupted, run_command


def status_of(error: BaseException) -> int:
    def work(args: argparse.Namespace) -> int:
        raise error

    return run_command(work, argparse.Namespace())


@pytest.mark.parametrize(
    ('error', 'status', 'printed'),
    [
        (CommandError('wanted a, got b'), 2, 'error: wanted a, got b\n'),
        (CommandError('one', 'two', note='(more)'), 2, 'error: one\nerror: two\n(more)\n'),
        (ValueError('wanted a, got b'), 2, 'error: wanted a, got b\n'),
        (FileNotFoundError('no file a.png'), 2, 'error: no file a.png\n'),
        (ImportError('no lmdb: pip install lmdb'), 2, 'error: no lmdb: pip install lmdb'),
        (KeyError('Foo is not in the registry'), 2, 'error: Foo is not in the registry\n'),
        (KeyboardInterrupt(), 130, 'interrupted\n'),
        (Interrupted('go on with --resume'), 130, 'go on with --resume\n'),
        (BrokenPipeError(), 1, ''),
    ],
)
def test_run_command_maps_errors_to_statuses(error, status, printed, capsys):
    assert status_of(error) == status
    err = capsys.readouterr().err
    assert err.startswith(printed) and bool(err) == bool(printed)


def test_run_command_keeps_the_traceback_of_bugs():
    with pytest.raises(TypeError):
        status_of(TypeError('a bug'))


@pytest.mark.parametrize('status', [common.DONE, common.SOME_FAILED])
def test_run_command_returns_the_status_of_the_work(status):
    assert run_command(lambda args: status, argparse.Namespace()) == status


@pytest.mark.parametrize(
    ('kind', 'good', 'bad'),
    [
        (common.positive_int, {'1': 1, '20': 20}, ['0', '-1', 'many', '1.5']),
        (common.count, {'0': 0, '3': 3}, ['-1', 'none']),
        (common.share, {'0': 0.0, '0.5': 0.5, '1': 1.0}, ['-0.1', '1.1', 'nan', 'half']),
        (
            common.device_name,
            {'auto': 'auto', 'cuda:1': 'cuda:1', 'mps': 'mps'},
            ['abacus', 'cuda:', 'gpu', 'mps:'],
        ),
        (common.key_value, {'a.b=1': 'a.b=1', 'a=': 'a='}, ['a', '=1']),
    ],
)
def test_argument_types_accept_and_reject(kind, good, bad):
    assert {text: kind(text) for text in good} == good
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError, match=r'^wanted .*, got '):
            kind(text)


def test_existing_file_and_folder_are_checked(tmp_path):
    file = tmp_path / 'a.json'
    file.write_text('{}')
    assert common.existing_file(str(file)) == file
    assert common.existing_folder(str(tmp_path)) == tmp_path
    for kind, path in ((common.existing_file, tmp_path), (common.existing_folder, file)):
        with pytest.raises(argparse.ArgumentTypeError, match='wanted an existing'):
            kind(str(path))


def test_read_annotation_names_the_file(tmp_path):
    path = tmp_path / 'a.json'
    for text, said in (('{', 'wanted MMOCR JSON'), ('{}', 'data_list')):
        path.write_text(text)
        with pytest.raises(CommandError, match=said) as caught:
            common.read_annotation(path)
        assert str(path) in str(caught.value)


def test_keep_traceback_writes_the_current_error(tmp_path):
    try:
        raise ValueError('a cause')
    except ValueError:
        line = common.keep_traceback(tmp_path / 'run')
    assert line == f'(traceback: {tmp_path / "run" / "error.txt"})'
    assert 'ValueError: a cause' in (tmp_path / 'run' / 'error.txt').read_text()
