"""``clipter infer`` with a spotter whose readings are known."""

from __future__ import annotations

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
        return SimpleNamespace(status=status, out=out.splitlines(), err=err.splitlines())

    return call
