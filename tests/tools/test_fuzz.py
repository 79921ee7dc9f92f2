"""The short form of the fuzz run; ``python tests/tools/fuzz.py`` is the long one."""

from __future__ import annotations

import fuzz
import numpy as np
import pytest


def test_malformed_files_give_documented_errors_only() -> None:
    outcomes, failures, largest = fuzz.fuzz(cases=400, seed=1)
    assert not failures
    assert sum(outcomes.values()) == 400
    assert largest < fuzz.MAX_MB
    # The cases reach both ends: files that are refused and files that are read.
    for kind in ('png', 'jpeg', 'pdf', 'evaluate', 'prepare-dataset', 'manifest'):
        assert sum(count for name, count in outcomes.items() if name.startswith(kind)) > 0
    assert outcomes['png read'] and outcomes['png refused']


def _boom(folder, rng: np.random.Generator) -> str:
    if rng.random() < 0.5:
        raise KeyError('undocumented')
    return 'fine'


def test_fuzz_reports_undocumented_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fuzz.KINDS, 'boom', (1.0, _boom))
    outcomes, failures, _ = fuzz.fuzz(cases=20, seed=0, kinds=('boom',))
    assert outcomes['FAILED'] == len(failures) > 0 and outcomes['fine'] > 0
    assert 'undocumented' in failures[0]


def test_fuzz_goes_on_after_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(folder, rng: np.random.Generator) -> str:
        if rng.random() < 0.2:
            fuzz.os._exit(7)
        return 'fine'

    monkeypatch.setitem(fuzz.KINDS, 'crash', (1.0, crash))
    outcomes, failures, _ = fuzz.fuzz(cases=20, seed=0, kinds=('crash',))
    assert sum(outcomes.values()) == 20 and outcomes['FAILED'] == len(failures) > 0
    assert 'exit code 7' in failures[0]
