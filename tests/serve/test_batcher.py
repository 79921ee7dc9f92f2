"""The queue: batches across clients, bounds, clients that leave, and the stop."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from gated_spotter import SETTINGS, GatedSpotter, wait_until

from pipeline.io.pages import FilePage
from pipeline.serve.batcher import Batcher, Job
from pipeline.serve.errors import RequestError
from pipeline.serve.options import SpotOptions
from pipeline.serve.reader import Reader

HEADERS = {'Content-Type': 'image/png'}


@pytest.fixture
def pool() -> Any:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def queue_of(client: TestClient) -> Batcher:
    return client.app.state.batcher  # type: ignore[attr-defined]


def test_batches_span_clients_with_equal_options(
    client: TestClient, spotter: GatedSpotter, blank: bytes, pool: ThreadPoolExecutor
) -> None:
    spotter.gate.clear()
    scores = ['0.1', '0.2', '0.3', '0.2', '0.3', '0.2']
    answers = []
    for score in scores:
        answers.append(
            pool.submit(
                client.post,
                '/v1/spot',
                params={'min_score': score},
                content=blank,
                headers=HEADERS,
            )
        )
        wait_until(lambda: queue_of(client).size == len(answers))
    wait_until(lambda: spotter.batches == [(0.1, 1)])
    spotter.gate.set()
    assert [answer.result(60).status_code for answer in answers] == [200] * 6
    assert spotter.batches == [(0.1, 1), (0.2, 3), (0.3, 2)]


def test_full_queue_refuses_with_retry_after(
    client: TestClient, spotter: GatedSpotter, blank: bytes, pool: ThreadPoolExecutor
) -> None:
    spotter.gate.clear()
    files = [('image', (f'{i}.png', blank)) for i in range(SETTINGS.queue_size)]
    first = pool.submit(client.post, '/v1/spot', files=files)
    wait_until(lambda: queue_of(client).size == SETTINGS.queue_size)
    answer = client.post('/v1/spot', content=blank, headers=HEADERS)
    assert answer.status_code == 503
    assert int(answer.headers['retry-after']) >= 1
    assert 'the queue of 6 images is full' in answer.json()['error']
    spotter.gate.set()
    assert len(first.result(60).json()) == SETTINGS.queue_size
    assert client.post('/v1/spot', content=blank, headers=HEADERS).status_code == 200
    too_many = client.post('/v1/spot', files=[*files, files[0]])
    assert too_many.status_code == 413
    assert 'at most 6 images' in too_many.json()['error']


def test_failing_batch_fails_only_the_image_that_fails(
    client: TestClient, spotter: GatedSpotter, blank: bytes, sign: bytes, pool: ThreadPoolExecutor
) -> None:
    spotter.gate.clear()
    answers = [pool.submit(client.post, '/v1/spot', content=blank, headers=HEADERS)]
    wait_until(lambda: spotter.batches == [(spotter.min_score, 1)])
    # The header of this image is valid and its pixels are not.
    damaged = sign[:60]
    for content in (blank, damaged):
        answers.append(pool.submit(client.post, '/v1/spot', content=content, headers=HEADERS))
    wait_until(lambda: queue_of(client).size == 3)
    spotter.gate.set()
    assert [answer.result(60).status_code for answer in answers] == [200, 200, 415]
    spotter.failing = 2
    files = [('image', (f'{i}.png', blank)) for i in range(3)]
    assert client.post('/v1/spot', files=files).status_code == 200


async def request_and_leave(
    app: Any, body: bytes, answered: list[Any], leave: threading.Event
) -> None:
    """A request whose client sends its body and leaves when the event is set."""
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if not sent:
            sent = True
            return {'type': 'http.request', 'body': body, 'more_body': False}
        while not leave.is_set():
            await asyncio.sleep(0.005)
        return {'type': 'http.disconnect'}

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    headers = [(b'content-type', b'image/png')]
    scope = {
        'type': 'http', 'asgi': {'version': '3.0'}, 'http_version': '1.1', 'method': 'POST',
        'path': '/v1/spot', 'raw_path': b'/v1/spot', 'root_path': '', 'scheme': 'http',
        'query_string': b'', 'headers': headers, 'server': ('testserver', 80),
        'client': ('testclient', 1),
    }  # fmt: skip
    await app(scope, receive, send)


def test_client_that_leaves_frees_its_place(
    client: TestClient,
    spotter: GatedSpotter,
    blank: bytes,
    pool: ThreadPoolExecutor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    spotter.gate.clear()
    first = pool.submit(client.post, '/v1/spot', content=blank, headers=HEADERS)
    wait_until(lambda: len(spotter.batches) == 1)
    leave, messages = threading.Event(), []  # type: ignore[var-annotated]
    left = pool.submit(asyncio.run, request_and_leave(client.app, blank, messages, leave))
    wait_until(lambda: queue_of(client).size == 2)
    leave.set()
    left.result(60)
    assert queue_of(client).size == 1
    gc.collect()
    assert 'never retrieved' not in caplog.text
    spotter.gate.set()
    assert first.result(60).status_code == 200
    assert [size for _, size in spotter.batches] == [1]
    assert 'clipter_disconnected_requests_total 1.0' in client.get('/metrics').text


def test_body_that_is_cut_off_takes_no_place(client: TestClient, spotter: GatedSpotter) -> None:
    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    messages = [
        {'type': 'http.request', 'body': b'\x89PNG', 'more_body': True},
        {'type': 'http.disconnect'},
    ]
    sent: list[Any] = []
    scope = {
        'type': 'http', 'asgi': {'version': '3.0'}, 'http_version': '1.1', 'method': 'POST',
        'path': '/v1/spot', 'raw_path': b'/v1/spot', 'root_path': '', 'scheme': 'http',
        'query_string': b'', 'headers': [(b'content-type', b'image/png')],
        'server': ('testserver', 80), 'client': ('testclient', 1),
    }  # fmt: skip
    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]['status'] == 499
    assert queue_of(client).size == 0
    assert spotter.batches == []


def test_close_reads_what_waits(spotter: GatedSpotter, blank: bytes) -> None:
    spotter.gate.clear()
    batcher = Batcher(Reader(spotter), queue_size=5, batch_size=2, wait_s=0)
    jobs = [Job(FilePage(blank, f'{i}.png'), SpotOptions()) for i in range(5)]
    batcher.submit(jobs)
    closing = threading.Thread(target=batcher.close)
    closing.start()
    wait_until(lambda: not batcher.is_ready)
    with pytest.raises(RequestError, match='stopping'):
        batcher.submit([Job(FilePage(blank, 'late.png'), SpotOptions())])
    spotter.gate.set()
    closing.join(60)
    assert [job.future.result(0).page.size for job in jobs] == [(32, 32)] * 5


def test_place_is_free_when_the_answer_comes(spotter: GatedSpotter, blank: bytes) -> None:
    batcher = Batcher(Reader(spotter), queue_size=1, wait_s=0)
    sizes: list[int] = []
    for content in (blank, blank[:20]):  # the second one cannot be read
        job = Job(FilePage(content, 'sign.png'), SpotOptions())
        job.future.add_done_callback(lambda _: sizes.append(batcher.size))
        batcher.submit([job])
        job.future.exception(60)
    batcher.close()
    assert sizes == [0, 0]


def test_workers_read_batches_with_equal_options_together(
    spotter: GatedSpotter, blank: bytes
) -> None:
    spotter.gate.clear()
    batcher = Batcher(Reader(spotter), batch_size=2, wait_s=0, workers=2)
    jobs = [
        Job(FilePage(blank, f'{i}.png'), SpotOptions(min_score=score))
        for i, score in enumerate([0.1, 0.1, 0.2, 0.1])
    ]
    batcher.submit(jobs[:1])
    wait_until(lambda: len(spotter.batches) == 1)
    batcher.submit(jobs[1:2])
    wait_until(lambda: len(spotter.batches) == 2)
    batcher.submit(jobs[2:])
    # The third image has other options, so it waits for both batches.
    assert spotter.batches == [(0.1, 1), (0.1, 1)]
    spotter.gate.set()
    for job in jobs:
        assert job.future.result(60).page.words == ()
    assert sorted(spotter.batches[2:]) == [(0.1, 1), (0.2, 1)]
    assert batcher.is_ready
    batcher.close()


def test_idle_workers_share_the_waiting_images(spotter: GatedSpotter, blank: bytes) -> None:
    spotter.gate.clear()
    batcher = Batcher(Reader(spotter), batch_size=4, wait_s=0, workers=2)
    jobs = [Job(FilePage(blank, f'{i}.png'), SpotOptions()) for i in range(4)]
    batcher.submit(jobs)
    wait_until(lambda: len(spotter.batches) == 2)
    assert [size for _, size in spotter.batches] == [2, 2]
    spotter.gate.set()
    batcher.close()
    assert all(job.future.done() for job in jobs)


def test_worker_survives_an_error(spotter: GatedSpotter, blank: bytes) -> None:
    batcher = Batcher(Reader(spotter), wait_s=0)
    spotter.failing = 1
    job = Job(FilePage(blank, 'a.png'), SpotOptions())
    batcher.submit([job])
    with pytest.raises(RuntimeError):
        job.future.result(60)
    spotter.failing = 0
    job = Job(FilePage(blank, 'a.png'), SpotOptions())
    batcher.submit([job])
    assert job.future.result(60).page.words == ()
    assert batcher.is_ready
    batcher.close()
