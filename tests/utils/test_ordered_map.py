"""``map_in_order``: order, bounded look-ahead and errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from pipeline.utils.ordered_map import map_in_order


def test_map_in_order_keeps_the_order_of_uneven_work() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 if number % 2 else 0.0)
        return number * number

    assert list(map_in_order(work, range(9), 3)) == [n * n for n in range(9)]


def test_map_in_order_works_in_several_threads_at_once() -> None:
    together = threading.Barrier(2, timeout=10)
    assert list(map_in_order(lambda _: together.wait() >= 0, range(4), 2)) == [True] * 4


@pytest.mark.parametrize('workers', [1, 2, 3])
def test_map_in_order_takes_few_items_ahead(workers: int) -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    results = map_in_order(lambda number: number, items(), workers)
    assert taken == []
    assert next(results) == 0
    assert len(taken) == (1 if workers == 1 else workers + 1)
    assert list(results) == list(range(1, 10))


@pytest.mark.parametrize('workers', [1, 2])
@pytest.mark.parametrize('part', ['work', 'items'])
def test_map_in_order_raises_after_earlier_results(workers: int, part: str) -> None:
    def fail_at_3(number: int) -> int:
        if number == 3:
            raise RuntimeError('three')
        return number

    work, items = (fail_at_3, range(6)) if part == 'work' else (int, map(fail_at_3, range(6)))
    found = []
    with pytest.raises(RuntimeError, match='three'):
        for result in map_in_order(work, items, workers):
            found.append(result)
    assert found == [0, 1, 2]


def test_map_in_order_starts_each_worker_once() -> None:
    started = []
    together = threading.Barrier(2, timeout=10)
    results = map_in_order(
        lambda _: together.wait(), range(4), 2, lambda: started.append(threading.get_ident())
    )
    assert len(list(results)) == 4
    assert len(set(started)) == len(started) == 2


def test_map_in_order_drops_waiting_items_when_closed() -> None:
    done = []
    results = map_in_order(done.append, range(100), 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(done) <= 4


def test_map_in_order_rejects_no_workers() -> None:
    with pytest.raises(ValueError, match='workers must be at least 1, got 0'):
        map_in_order(int, [], 0)
