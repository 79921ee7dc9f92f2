"""Files are written whole or not at all."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from pipeline.utils.atomic_write import write_whole


def _write_often(path: str, letter: str) -> None:
    for _ in range(200):
        write_whole(Path(path), letter * 100_000)


def test_write_whole_lets_processes_write_the_same_file(tmp_path):
    path = tmp_path / 'a.txt'
    context = multiprocessing.get_context('fork')
    processes = [context.Process(target=_write_often, args=(str(path), letter)) for letter in 'abc']
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    text = path.read_text()
    assert (len(text), len(set(text))) == (100_000, 1)
    assert list(tmp_path.iterdir()) == [path]


def test_write_whole_leaves_no_part_after_an_error(tmp_path):
    folder = tmp_path / 'taken'
    folder.mkdir()
    (folder / 'file').touch()
    with pytest.raises(OSError):
        write_whole(folder, 'text')
    assert list(tmp_path.iterdir()) == [folder]
    write_whole(tmp_path / 'new' / 'a.txt', b'bytes')
    assert (tmp_path / 'new' / 'a.txt').read_bytes() == b'bytes'
