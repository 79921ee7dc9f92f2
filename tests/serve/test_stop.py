"""``clipter serve`` in a process of its own: start, signals and wrong usage."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from pipeline.cli.serve import main
from pipeline.serve.server import listen


def test_sigterm_finishes_running_requests(sign: bytes) -> None:
    command = [sys.executable, '-m', 'pipeline.cli', 'serve', '--port', '0', '--quiet']
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    answers: list[bytes] = []

    def read(url: str) -> None:
        headers = {'Content-Type': 'image/png'}
        with urllib.request.urlopen(urllib.request.Request(url, sign, headers), timeout=120) as got:
            answers.append(got.read())

    try:
        assert process.stdout is not None
        found = re.search(r'http://127\.0\.0\.1:\d+', process.stdout.readline())
        assert found
        clients = [threading.Thread(target=read, args=(f'{found[0]}/v1/spot',)) for _ in range(3)]
        for client in clients:
            client.start()
        while b'clipter_queue_images 3.0' not in _get(f'{found[0]}/metrics'):
            assert not answers, 'the requests were answered before the signal'
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(120)
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
    texts = [[word['text'] for word in json.loads(answer)['words']] for answer in answers]
    assert texts == [['ROSA', 'BAKERY']] * 3


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def test_serve_reports_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with listen('127.0.0.1', 0) as taken:
        assert main(['--port', str(taken.getsockname()[1])]) == 2
    assert 'choose another --port' in capsys.readouterr().err


def test_serve_reports_a_key_file_without_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'keys.txt'
    path.touch()
    assert main(['--api-key-file', str(path)]) == 2
    assert 'wanted one key per line' in capsys.readouterr().err


def test_serve_reports_missing_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('pipeline.cli.serve.MODULES', ('fastapi', 'no_such_package'))
    assert main([]) == 2
    assert "no_such_package not installed: pip install -e '.[serve]'" in (capsys.readouterr().err)
