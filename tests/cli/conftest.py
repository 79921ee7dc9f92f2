"""``clipter infer`` with a spotter whose readings are known."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from toy_spotter import write_config

from pipeline.cli import infer


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_config(tmp_path_factory.mktemp('toy')))


@pytest.fixture
def run(config, tmp_path, capsys, monkeypatch):
    """Run the tool in ``tmp_path``; gives its status, output lines and error lines."""
    monkeypatch.chdir(tmp_path)

    def call(*args: object) -> SimpleNamespace:
        status = infer.main([*map(str, args), '--config', config])
        out, err = capsys.readouterr()
        found = re.findall('^results in (.*)$', err, re.MULTILINE)
        lines = [line for line in err.splitlines() if not line.startswith('results in ')]
        return SimpleNamespace(status=status, out=out.splitlines(), err=lines, results=found)

    return call
