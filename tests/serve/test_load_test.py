"""The load test against a real server, and against one that answers wrongly."""

from __future__ import annotations

import http.server
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.serve_load import main, parse_args
from pipeline.serve.load_test import LoadPhoto, LoadReport, LoadTest


def test_percentiles_are_those_of_the_halves() -> None:
    report = LoadReport(seconds=10, times=[(1, 0.5), (2, 0.7), (6, 1.5), (9, 2.0)])
    assert report.percentile(0) == 0.5
    assert report.percentile(50) == 1.5
    assert report.percentile(99) == 2.0
    assert report.percentile(99, half=0) == 0.7
    assert report.percentile(0, half=1) == 1.5


class _WrongServer(http.server.BaseHTTPRequestHandler):
    """Answers with other words, a wrong status, or half an answer."""

    answers: list[tuple[int, bytes, int]]

    def do_GET(self) -> None:
        self._send(200, b'process_resident_memory_bytes 1e+08\n', 36)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers['Content-Length']))
        self._send(*self.answers.pop(0)) if self.answers else self._send(200, b'{"words": []}', 13)

    def _send(self, status: int, body: bytes, length: int) -> None:
        self.send_response(status)
        self.send_header('Content-Length', str(length))
        self.send_header('Retry-After', '0')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_load_test_counts_failures() -> None:
    warm_up = (200, b'{"words": []}', 13)
    _WrongServer.answers = [
        warm_up,
        (500, b'', 0),
        (503, b'', 0),
        (200, b'{"words": [{"text": "x"}]}', 26),
        (200, b'{"wo', 13),
    ]
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), _WrongServer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        test = LoadTest(server.server_address[1], [LoadPhoto(b'photo', [])], 1, 1.0, 0.0)
        report = test.run()
        server.shutdown()
        thread.join()
    assert report.counts['refused'] == 1
    assert [report.counts[name] for name in report.FAILURES] == [1, 1, 1]
    assert report.has_failures
    assert report.counts['read'] > 1
    assert set(report.memory) == {100_000_000}


@pytest.mark.parametrize('options', [['--clients', '1001'], ['--seconds', '3601']])
def test_load_test_is_bounded(options: list[str], sign: bytes, tmp_path: Path) -> None:
    photo = tmp_path / 'sign.png'
    photo.write_bytes(sign)
    with pytest.raises(SystemExit):
        parse_args([str(photo), *options])


@pytest.mark.slow
def test_serve_load_loses_nothing(
    sign: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / 'sign.png'
    photo.write_bytes(sign)
    options = ['--clients', '12', '--seconds', '5', '--bad-share', '0.6', '--queue', '6']
    assert main([str(photo), *options]) == 0
    printed = capsys.readouterr().out
    counts = dict(re.findall(r'^(refused|malformed|cut off|lost) +(\d+)$', printed, re.MULTILINE))
    assert counts['lost'] == '0'
    assert int(counts['malformed']) > 0 and int(counts['cut off']) > 0
    assert re.search(r'ratio \d\.\d\d', printed)
