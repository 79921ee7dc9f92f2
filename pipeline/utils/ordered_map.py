"""A map over several threads that keeps the order and holds a bounded number of items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar('Item')
Result = TypeVar('Result')


def map_in_order(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    start_worker: Callable[[], object] = lambda: None,
) -> Iterator[Result]:
    """Apply a function to items in several threads, and yield the results in order.

    At most ``workers + 1`` items are taken from ``items`` before the first result is returned, so
    the memory is bounded. An exception of ``work`` or of ``items`` is raised after the results of
    all items before it. Closing the iterator drops the items that wait.

    Args:
        work: Function of one item. It is called in several threads at once.
        items: Items. They are taken in the thread of the caller.
        workers: Number of threads. With 1, ``work`` runs in the thread of the caller, and one item
            is taken at a time.
        start_worker: Called in each thread when it starts; not called if ``workers`` is 1.

    Raises:
        ValueError: If ``workers`` is not positive.
    """
    if workers < 1:
        raise ValueError(f'workers must be at least 1, got {workers}.')
    return map(work, items) if workers == 1 else _map(work, items, workers, start_worker)


def _map(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    start_worker: Callable[[], object],
) -> Iterator[Result]:
    pool = ThreadPoolExecutor(workers, initializer=start_worker)
    waiting: deque[Future[Result]] = deque()
    iterator = iter(items)
    failure: Exception | None = None
    try:
        while failure is None:
            try:
                waiting.append(pool.submit(work, next(iterator)))
            except StopIteration:
                break
            except Exception as error:  # raised below, after the results before it
                failure = error
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        if failure is not None:
            raise failure
    finally:
        pool.shutdown(cancel_futures=True)
