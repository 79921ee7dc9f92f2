from __future__ import annotations

import pytest

from pipeline.utils.progress import Progress, track


def test_progress_off_a_terminal_is_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter([0.0, *(4.0 * step for step in range(1, 7))])
    with Progress(6, 'photo', clock=lambda: next(seconds)) as progress:
        for _ in range(6):
            progress.update()
    out, err = capsys.readouterr()
    assert out == ''
    assert err.splitlines() == [
        '3 of 6 photos, 4 s per photo, 12 s left',
        '6 of 6 photos, 4 s per photo, 0 s left',
    ]


@pytest.mark.parametrize(('total', 'quiet'), [(6, True), (1, False)])
def test_progress_of_quiet_or_single_work_is_silent(
    capsys: pytest.CaptureFixture[str], total: int, quiet: bool
) -> None:
    seconds = iter(range(0, 1000, 20))
    with Progress(total, 'photo', quiet, clock=lambda: next(seconds)) as progress:
        progress.update(total)
    assert capsys.readouterr() == ('', '')


def test_track_yields_the_items() -> None:
    assert list(track('abc', 3, 'letter')) == ['a', 'b', 'c']
