"""The notebooks of the documentation run from start to end."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / 'docs').glob('*.ipynb'))


@pytest.mark.slow
@pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(ROOT), os.environ.get('PYTHONPATH', '')]))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={'metadata': {'path': ROOT / 'docs'}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get('outputs', [])]
    printed = ''.join(output.get('text', '') for output in outputs)
    assert 'ROSA BAKERY' in printed and '<alto ' in printed
    assert any('image/png' in output.get('data', {}) for output in outputs)


def test_notebooks_are_stored_without_outputs():
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get('outputs') or cell.get('execution_count') for cell in cells)
