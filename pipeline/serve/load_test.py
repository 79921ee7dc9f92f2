"""A load test: many clients, some of which send broken requests."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.serve.load_client import Answer, request

_NO_IMAGE = b'This is not an image. ' * 40
_MEMORY_SAMPLES = 10


@dataclass(frozen=True)
class LoadPhoto:
    """An image and the texts that reading it without a server gives."""

    data: bytes
    texts: list[str]


@dataclass
class LoadReport:
    """Counts and times of a load test.

    Attributes:
        seconds: Duration until the last answer.
        times: (end, duration) in seconds of each answered image, end since the start.
        counts: Number of ``read`` images, of images ``refused`` with 503 (sent again), of
            ``malformed`` and ``cut off`` requests, and of failures: ``lost`` (no answer),
            ``wrong status``, ``other words``.
        memory: Resident memory of the server in bytes, at equal intervals.
    """

    seconds: float = 0.0
    times: list[tuple[float, float]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)

    FAILURES = ('lost', 'wrong status', 'other words')

    @property
    def has_failures(self) -> bool:
        """Whether a request was lost or answered wrongly."""
        return any(self.counts[name] for name in self.FAILURES)

    @property
    def photos_per_second(self) -> float:
        """Read images per second."""
        return self.counts['read'] / self.seconds if self.seconds else 0.0

    def percentile(self, percent: float, half: int | None = None) -> float:
        """A percentile of the times of answers in seconds.

        Args:
            percent: 0 to 100.
            half: 0 or 1 for the answers of the first or second half of the test.
        """
        middle = self.seconds / 2
        chosen = sorted(
            duration for end, duration in self.times if half is None or (end > middle) == half
        )
        if not chosen:
            return float('nan')
        return chosen[min(int(len(chosen) * percent / 100), len(chosen) - 1)]


class LoadTest:
    """Sends images to a server on this machine.

    Args:
        port: Port of the server on 127.0.0.1.
        photos: Images, which clients choose at random.
        clients: Number of clients, each of which waits for its answer before its next request.
        seconds: Time in which new requests are sent.
        bad_share: Share of requests that are malformed or cut off, half each.
        seed: Random seed.
    """

    def __init__(
        self,
        port: int,
        photos: Sequence[LoadPhoto],
        clients: int,
        seconds: float,
        bad_share: float,
        seed: int = 0,
    ) -> None:
        self.port = port
        self.photos = photos
        self.clients = clients
        self.seconds = seconds
        self.bad_share = bad_share
        self.seed = seed
        self.report = LoadReport()

    def run(self) -> LoadReport:
        """Run the test; returns after the last answer."""
        asyncio.run(self._run())
        return self.report

    async def _run(self) -> None:
        for photo in self.photos:  # The first images allocate what later ones use again.
            await self._post(photo.data)
        self._start = time.monotonic()
        self._end = self._start + self.seconds
        rngs = [random.Random(self.seed * 10_000 + i) for i in range(self.clients)]
        watch = asyncio.create_task(self._watch_memory())
        await asyncio.gather(*map(self._client, rngs))
        self.report.seconds = time.monotonic() - self._start
        await watch
        self.report.memory.append(await self._memory())

    async def _watch_memory(self) -> None:
        for _ in range(_MEMORY_SAMPLES):
            self.report.memory.append(await self._memory())
            await asyncio.sleep(self.seconds / _MEMORY_SAMPLES)

    async def _memory(self) -> int:
        answer = await request(self.port, 'GET', '/metrics')
        assert answer is not None
        found = re.search(rb'^process_resident_memory_bytes (\S+)$', answer.body, re.MULTILINE)
        return int(float(found[1])) if found else 0

    async def _client(self, rng: random.Random) -> None:
        while time.monotonic() < self._end:
            photo = rng.choice(self.photos)
            draw = rng.random()
            try:
                if draw < self.bad_share / 2:
                    await self._send_malformed()
                elif draw < self.bad_share:
                    await self._cut_off(photo, rng)
                else:
                    await self._read(photo)
            except (OSError, asyncio.TimeoutError):
                self.report.counts['lost'] += 1

    async def _read(self, photo: LoadPhoto) -> None:
        while True:
            start = time.monotonic()
            answer = await self._post(photo.data)
            end = time.monotonic()
            if answer.status != 503:
                break
            self.report.counts['refused'] += 1
            if end >= self._end:
                return
            await asyncio.sleep(min(float(answer.headers['retry-after']), self._end - end))
        if answer.status != 200:
            self.report.counts['wrong status'] += 1
            return
        self.report.counts['read'] += 1
        self.report.times.append((end - self._start, end - start))
        if [word['text'] for word in answer.json()['words']] != photo.texts:
            self.report.counts['other words'] += 1

    async def _send_malformed(self) -> None:
        answer = await self._post(_NO_IMAGE)
        self.report.counts['malformed'] += 1
        if answer.status not in (415, 503):
            self.report.counts['wrong status'] += 1

    async def _cut_off(self, photo: LoadPhoto, rng: random.Random) -> None:
        cut = rng.randrange(len(photo.data))
        await request(self.port, 'POST', '/v1/spot', photo.data, cut_after=cut)
        self.report.counts['cut off'] += 1

    async def _post(self, data: bytes) -> Answer:
        answer = await request(self.port, 'POST', '/v1/spot', data)
        assert answer is not None
        return answer
