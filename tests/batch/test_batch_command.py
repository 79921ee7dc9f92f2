"""``clipter batch`` with actors in this process; ``test_cluster.py`` runs it on Ray."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from light_spotter import LightSpotter, write_letter

from pipeline.batch import PartReader, part_reader, ray_run
from pipeline.cli import batch, infer
from pipeline.spotter_choice import SpotterChoice

pytest.importorskip('fsspec')


class Machines:
    """Runs the parts in this process. Inputs in ``deadly`` end the process of their part."""

    def __init__(self) -> None:
        self.deadly: set[str] = set()
        self.parts: list[int] = []

    def read_parts(self, parts: Any, reader: Any, settings: Any) -> Iterator[Any]:
        actor = PartReader(reader)
        for part in parts:
            self.parts.append(len(part.inputs))
            if self.deadly & set(part.inputs):
                continue
            columns = {'number': [part.number], 'inputs': [json.dumps(part.inputs)]}
            rows = actor({name: np.array(values) for name, values in columns.items()})
            yield ray_run.DonePart(*(rows[name][0] for name in ray_run.DonePart._fields))


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    made = Machines()
    monkeypatch.setattr(ray_run, 'read_parts', made.read_parts)
    monkeypatch.setattr(ray_run, 'ray_started', lambda settings: contextlib.nullcontext())
    monkeypatch.setattr(part_reader, '_limit_threads', lambda *args, **options: None)
    return made


@pytest.fixture
def run(
    machines: Machines,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., SimpleNamespace]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SpotterChoice, 'build', lambda settings: LightSpotter())
    for name in 'abcde':
        write_letter(f'photos/{name}.png', name)

    def call(*args: str) -> SimpleNamespace:
        status = batch.main([*args, '--concurrency', '1'])
        out, err = capsys.readouterr()
        return SimpleNamespace(status=status, out=out.splitlines(), err=err.splitlines())

    return call


def rows(folder: str) -> list[dict[str, Any]]:
    lines = [line for path in sorted(Path(folder).glob('*.jsonl')) for line in path.open()]
    return [{k: v for k, v in json.loads(line).items() if k != 'seconds'} for line in lines]


def test_batch_writes_the_records_of_infer(run: Any) -> None:
    done = run('photos', '--out', 'words')
    assert (done.status, done.err) == (0, ['5 inputs found'])
    assert done.out == ['words: 5 images are read, 0 could not be read']
    infer.main(['photos', '--format', 'jsonl', '--no-draw', '--quiet'])
    assert rows('words') == rows('results')
    assert [row['words'][0]['text'] for row in rows('words')] == list('abcde')
    assert len(list(Path('words').glob('part-*.jsonl'))) == 3  # at most 2 inputs per part


def test_batch_gives_failed_inputs_a_row(run: Any) -> None:
    Path('photos/broken.jpg').write_bytes(b'no image')
    done = run('photos', 'gone.jpg', '--out', 'words')
    assert done.status == 1
    assert done.out == ['words: 5 images are read, 2 could not be read']
    assert [row['error'] for row in rows('words') if 'error' in row] == [
        'photos/broken.jpg: not an image that can be read', 'gone.jpg: no such file or folder',
    ]  # fmt: skip


def test_batch_resume_reads_only_new_inputs(run: Any, machines: Machines) -> None:
    run('photos/[ab].png', '--out', 'words')
    assert run('photos', '--out', 'words').status == 2
    machines.parts.clear()
    done = run('photos/[b-e].png', '--out', 'words', '--resume')
    assert done.status == 0 and sum(machines.parts) == 3
    assert done.err == [
        '4 inputs found',
        '1 of them are in words already',
        'words also keeps the results of 1 inputs that are not named now',
    ]
    assert sorted(row['image'] for row in rows('words')) == [f'photos/{x}.png' for x in 'abcde']
    done = run('photos', '--out', 'words', '--resume', '--min-score', '0.9')
    assert done.status == 2 and 'read with min_score None, now it is 0.9' in done.err[-1]


def test_batch_resume_repeats_a_part_without_manifest(run: Any, machines: Machines) -> None:
    run('photos', '--out', 'words')
    expected = rows('words')
    os.remove('words/_parts/part-000001.json')
    machines.parts.clear()
    assert run('photos', '--out', 'words', '--resume').status == 0
    assert sum(machines.parts) == 2
    assert sorted(rows('words'), key=lambda row: row['image']) == expected


def test_batch_finds_the_input_that_ends_its_process(run: Any, machines: Machines) -> None:
    machines.deadly = {'photos/c.png'}
    done = run('photos', '--out', 'words')
    assert done.status == 1
    found = {row['image']: row.get('error', '') for row in rows('words')}
    assert sorted(found) == [f'photos/{x}.png' for x in 'abcde']
    assert [name for name, error in found.items() if 'process' in error] == ['photos/c.png']


def test_batch_blames_the_machines_if_all_inputs_are_lost(
    run: Any, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, 'MOST_CRASHES', 1)
    machines.deadly = {f'photos/{x}.png' for x in 'abcde'}
    done = run('photos', '--out', 'words')
    assert done.status == 2 and done.err[-2] == 'error: 5 inputs have no result in words'
    assert rows('words') == []


def test_batch_reports_a_folder_that_cannot_be_written(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*args: object) -> None:
        raise PermissionError(13, 'Permission denied', '/mnt/words')

    monkeypatch.setattr('pipeline.batch.part_folder.PartFolder.write', write)
    done = run('photos', '--out', 'words')
    assert done.status == 2
    assert '5 inputs have no result in words: PermissionError' in done.err[-2]


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['-'], 'use clipter infer'),
        (['photos', '--num-gpus', '1', '--engine', 'onnx'], 'leave out --num-gpus'),
        (['nothing/*.png'], 'no inputs'),
    ],
)
def test_batch_rejects(run: Any, args: list[str], message: str) -> None:
    done = run(*args, '--out', 'words')
    assert done.status == 2 and message in done.err[-1]
    assert not Path('words').exists()


def test_batch_without_ray_leaves_no_output(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'ray', None)
    done = run('photos', '--out', 'words')
    assert done.status == 2
    assert "pip install -e '.[batch]'" in done.err[0]
    assert not Path('words').exists()
