"""``clipter context-benchmark`` with few scenes and steps; its numbers mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

from pipeline.analysis.context import training
from pipeline.analysis.context.synthetic import benchmark
from pipeline.analysis.context.synthetic.vocabulary import ROLES
from pipeline.cli import context_benchmark as tool

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings('ignore')]
SHORT = [
    '--train-scenes', '12', '--test-scenes', '12', '--clip-scenes', '12', '--clip-steps', '2',
    '--plain-iters', '2', '--context-iters', '2', '--workers', '0',
]  # fmt: skip
READINGS = ('plain', 'context', 'swapped', 'random_encoder')


@pytest.fixture(scope='module')
def finished(tmp_path_factory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp('benchmark')
    with DefaultScope.overwrite_default_scope(None):
        status = tool.main(
            [*SHORT, '--work-dir', str(folder / 'run'), '--json', str(folder / 'first.json')]
        )
    assert status == 0
    return folder, json.loads((folder / 'first.json').read_text())


@pytest.fixture(autouse=True)
def _scope_of_before():
    with DefaultScope.overwrite_default_scope(None):
        yield


def test_context_benchmark_writes_json(finished):
    _, result = finished
    for name in READINGS:
        assert set(result[name]) == set(ROLES)
        assert all(0 <= accuracy <= 1 for accuracy in result[name].values())
    assert 0 <= result['gate'] < 1
    assert 0 <= result['gate_without_information'] < 1
    assert result['chance'] == pytest.approx(1 / 6)
    assert set(result['intervals']) == set(READINGS)
    assert len(result['requirements']) == 5
    assert result['words'] == {'ambiguous': 36, 'unambiguous': 24, 'misleading': 24}


def test_context_benchmark_reuses_a_finished_run(finished, monkeypatch, capsys):
    folder, first = finished
    monkeypatch.setattr(benchmark, 'train_clip', None)
    monkeypatch.setattr(training, 'Runner', None)
    again = folder / 'again.json'
    assert tool.main([*SHORT, '--work-dir', str(folder / 'run'), '--json', str(again)]) == 0
    second = json.loads(again.read_text())
    first, second = ({k: v for k, v in r.items() if 'seconds' not in k} for r in (first, second))
    assert first == second
    table = capsys.readouterr().out
    assert '| word accuracy | ambiguous (36) |' in table
    assert 'clipter diagnose-context ' in table


def test_context_benchmark_continues_a_stopped_run(finished, capsys):
    """If the last step is undone, only that step is done again, with the same result."""
    folder, first = finished
    checkpoint = folder / 'run' / 'uninformative' / 'iter_2.pth'
    checkpoint.unlink()
    (checkpoint.parent / 'last_checkpoint').unlink()
    others = {path: path.stat().st_mtime_ns for path in (folder / 'run').glob('*/iter_2.pth')}
    again = folder / 'resumed.json'
    assert tool.main([*SHORT, '--work-dir', str(folder / 'run'), '--json', str(again)]) == 0
    assert checkpoint.is_file()
    assert all(path.stat().st_mtime_ns == time for path, time in others.items())
    resumed = json.loads(again.read_text())
    assert resumed['gate_without_information'] == first['gate_without_information']


def test_context_config_starts_from_plain_and_clip_weights(finished):
    folder, _ = finished
    config = (folder / 'run' / 'context' / 'config.py').read_text()
    assert str(folder / 'run' / 'plain' / 'iter_2.pth') in config
    assert str(folder / 'run' / 'clip.safetensors') in config


def test_context_benchmark_rejects_other_settings(finished, capsys):
    folder, _ = finished
    status = tool.main([*SHORT, '--seed', '1', '--work-dir', str(folder / 'run')])
    assert status == 2
    assert 'other settings (seed)' in capsys.readouterr().err


def test_context_benchmark_requires_clip_for_pretrained(capsys):
    with pytest.raises(SystemExit):
        tool.main(['--pretrained', 'openai'])
    assert '--clip and --pretrained go together' in capsys.readouterr().err
