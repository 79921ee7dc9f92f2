"""Headless Chromium, driven through its DevTools pipe with the standard library only."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = (
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
)


class Browser:
    """One page in headless Chromium. A context manager.

    Args:
        profile: Empty folder for the profile.
    """

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()

        def connect() -> None:  # Chromium reads from descriptor 3 and writes to 4.
            ends = fcntl.fcntl(to_read, fcntl.F_DUPFD, 10), fcntl.fcntl(to_write, fcntl.F_DUPFD, 10)
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [CHROMIUM, *FLAGS, '--remote-debugging-pipe', f'--user-data-dir={profile}'],
            pass_fds=(3, 4),
            preexec_fn=connect,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b''
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.send('Target.createTarget', url='about:blank')['targetId']
        attached = self.send('Target.attachToTarget', targetId=target, flatten=True)
        self._session = attached['sessionId']
        for domain in ('Page', 'Runtime', 'Network', 'DOM', 'Log'):
            self.send(f'{domain}.enable')

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._write)
        os.close(self._read)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Result of a command of the DevTools protocol."""
        self._number += 1
        message: dict[str, Any] = {'id': self._number, 'method': method, 'params': params}
        if self._session:
            message['sessionId'] = self._session
        os.write(self._write, json.dumps(message).encode() + b'\0')
        while True:
            answer = self._receive()
            if answer.get('id') == self._number:
                assert 'error' not in answer, f'{method}: {answer["error"]}'
                return answer['result']
            self.events.append(answer)

    def open(self, url: str) -> None:
        """Load a page."""
        self.send('Page.navigate', url=url)
        self.wait_for('document.readyState === "complete" && location.href !== "about:blank"')

    def run(self, script: str) -> Any:
        """Value of an expression, which may be a promise."""
        result = self.send(
            'Runtime.evaluate',
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert 'exceptionDetails' not in result, result['exceptionDetails']
        return result['result'].get('value')

    def wait_for(self, condition: str, seconds: float = 120.0) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f'Boolean({condition})'):
            assert time.monotonic() < end, f'{condition} did not become true'
            time.sleep(0.05)

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a file input."""
        root = self.send('DOM.getDocument')['root']['nodeId']
        node = self.send('DOM.querySelector', nodeId=root, selector=selector)['nodeId']
        self.send('DOM.setFileInputFiles', files=[str(path)], nodeId=node)

    def press(self, key: str) -> None:
        """Press a key, such as ``Tab``, ``Enter`` or ``ArrowDown``."""
        codes = {'Tab': 9, 'Enter': 13, 'ArrowDown': 40, 'ArrowUp': 38}
        text = {'text': '\r'} if key == 'Enter' else {}
        for kind in ('keyDown', 'keyUp'):
            self.send(
                'Input.dispatchKeyEvent',
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
                **(text if kind == 'keyDown' else {}),
            )

    def show(self, width: int, height: int, scheme: str = 'light', phone: bool = False) -> None:
        """Size of the window, and ``prefers-color-scheme``."""
        self.send(
            'Emulation.setDeviceMetricsOverride',
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self.send('Emulation.setTouchEmulationEnabled', enabled=phone)
        self.send(
            'Emulation.setEmulatedMedia',
            features=[{'name': 'prefers-color-scheme', 'value': scheme}],
        )

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """Write a PNG of the window, or of the whole page."""
        shot = self.send('Page.captureScreenshot', captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot['data']))

    def requested(self) -> list[str]:
        """URLs of all requests so far."""
        return [
            event['params']['request']['url']
            for event in self.events
            if event.get('method') == 'Network.requestWillBeSent'
        ]

    def _receive(self) -> dict[str, Any]:
        while b'\0' not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], 120)
            assert ready, 'Chromium does not answer'
            chunk = os.read(self._read, 1 << 20)
            assert chunk, 'Chromium has ended'
            self._buffer += chunk
        message, self._buffer = self._buffer.split(b'\0', 1)
        return json.loads(message)
