"""Division of the processor's threads among batches and network calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

from pipeline.utils.cores import count_cores

Item = TypeVar('Item')
Result = TypeVar('Result')


class ThreadShare:
    """Divides threads among the batches that are read at the same time.

    Several threads in one network call wait for each other after every operation. So two calls with
    one thread each take less time than two calls one after the other with two threads. A batch that
    is read alone uses all threads; several batches use fewer threads each.

    Args:
        threads: Number of threads. None is one per core.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or count_cores()
        self._batches = 0
        self._lock = Lock()

    @property
    def each(self) -> int:
        """Number of threads of each batch at this time: all, or a power of two.

        Networks are loaded once for each number, so there are few numbers.
        """
        batches = self._batches  # other threads change it
        if batches < 2:
            return self.threads
        return 1 << max(0, (self.threads // batches).bit_length() - 1)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Count one more batch while open."""
        with self._lock:
            self._batches += 1
        try:
            yield
        finally:
            with self._lock:
                self._batches -= 1

    def map(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Results of a function of each item, in order, with the threads of one batch."""
        workers = min(self.each, len(items))
        if workers < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(work, items))

    def __getstate__(self) -> dict[str, Any]:
        return {'threads': self.threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]
