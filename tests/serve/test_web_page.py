"""The web page in headless Chromium."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from browser import CHROMIUM, Browser
from gated_spotter import GatedSpotter
from small_documents import encrypted_pdf, text_pdf

from pipeline.onnx.spotter import DEFAULT_FOLDER
from pipeline.serve.app import create_app
from pipeline.serve.server import listen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason='no Chromium or Chrome is installed'),
]

STATE = 'document.getElementById("main").dataset.state'
WORDS = '[...document.querySelectorAll("#words span")].map((span) => span.textContent)'
# Keeps what the page copies and saves, which headless Chromium has no place for.
KEEP = """
window.copied = [];
navigator.clipboard.writeText = async (text) => copied.push(text);
window.saved = {};
const blobs = {};
const makeUrl = URL.createObjectURL;
URL.createObjectURL = (blob) => {
  const url = makeUrl(blob);
  blobs[url] = blob;
  return url;
};
HTMLAnchorElement.prototype.click = function () {
  saved[this.download] = blobs[this.href];
};
"""


@pytest.fixture(scope='module')
def address() -> Iterator[str]:
    spotter = GatedSpotter(DEFAULT_FOLDER, threads=1)
    spotter.prepare()
    listener = listen('127.0.0.1', 0)
    server = uvicorn.Server(uvicorn.Config(create_app(spotter), log_level='warning'))
    thread = threading.Thread(target=server.run, kwargs={'sockets': [listener]})
    thread.start()
    yield f'http://127.0.0.1:{listener.getsockname()[1]}/'
    server.should_exit = True
    thread.join(60)


@pytest.fixture(scope='module')
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp('profile')) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Browser:
    browser.show(1280, 800)
    browser.open(address)
    browser.run(KEEP)
    return browser


@pytest.fixture(scope='session')
def photo(sign: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('photo') / 'sign.png'
    path.write_bytes(sign)
    return path


def read(page: Browser, photo: Path) -> None:
    page.choose_file('#file', photo)
    page.wait_for(f'{STATE} === "done"')


def test_page_shows_words_on_the_photo(page: Browser, photo: Path) -> None:
    read(page, photo)
    assert page.run(WORDS) == ['ROSA', 'BAKERY']
    assert page.run('document.querySelectorAll("#outlines .word").length') == 2
    first = page.run(
        '(({left, right, top, bottom}) => [left, right, top, bottom])'
        '(document.querySelector("#outlines .line").getBoundingClientRect())'
    )
    stage = page.run(
        '(({left, right, top, bottom}) => [left, right, top, bottom])'
        '(document.getElementById("photo").getBoundingClientRect())'
    )
    left, right, top, bottom = first
    scale = (stage[1] - stage[0]) / 390
    assert [(left - stage[0]) / scale, (right - stage[0]) / scale] == pytest.approx(
        [23, 120], abs=6
    )
    assert stage[2] < top < bottom < stage[3]
    assert page.run('document.documentElement.scrollWidth <= innerWidth')


def test_page_is_usable_by_keyboard(page: Browser, photo: Path) -> None:
    page.press('Tab')
    page.press('Tab')
    assert page.run('document.activeElement.id') == 'choose'
    read(page, photo)
    page.run('document.getElementById("copy-all").focus()')
    page.press('Tab')
    assert page.run('document.activeElement.ariaLabel').startswith('ROSA, score 0.')
    page.press('ArrowDown')
    assert page.run('document.activeElement.textContent').startswith('BAKERY')
    assert page.run('document.getElementById("tip").textContent').startswith('BAKERY')
    assert page.run('document.querySelectorAll("#outlines .active").length') == 1
    page.press('Enter')
    page.wait_for('copied.length')
    assert page.run('copied') == ['BAKERY']
    assert page.run('document.getElementById("status").textContent') == 'Copied “BAKERY”'
    page.press('Tab')
    assert page.run('document.activeElement.id') == 'score'


def test_page_filters_and_saves_words(page: Browser, photo: Path) -> None:
    read(page, photo)
    page.run('document.getElementById("copy-all").click()')
    page.wait_for('copied.length')
    assert page.run('copied[0].split(/\\s/)') == ['ROSA', 'BAKERY']
    for kind in ('image', 'text', 'json'):
        page.run(f'document.querySelector("[data-download={kind}]").click()')
    page.wait_for('Object.keys(saved).length === 3')
    text = page.run('saved["sign.txt"].text()')
    assert text.split() == ['ROSA', 'BAKERY']
    record = json.loads(page.run('saved["sign.json"].text()'))
    assert (record['image'], record['width'], len(record['words'])) == ('sign.png', 390, 2)
    size = page.run(
        'createImageBitmap(saved["sign-words.png"]).then((image) => [image.width, image.height])'
    )
    assert size == [390, 90]
    move = (
        '(score) => { const slider = document.getElementById("score"); slider.value = score; '
        'for (const type of ["input", "change"]) slider.dispatchEvent(new Event(type)); }'
    )
    page.run(f'({move})(0.99)')
    assert page.run(WORDS) == []
    assert 'Lower the least score' in page.run('document.getElementById("none").textContent')
    page.run(f'({move})(0.1)')  # below the least score of the answer: the photo is read again
    page.wait_for(f'{STATE} === "done"')
    assert page.run(WORDS)[:2] == ['ROSA', 'BAKERY']


def test_page_turns_the_pages_of_a_document(page: Browser, tmp_path: Path) -> None:
    path = tmp_path / 'scan.pdf'
    path.write_bytes(text_pdf(['ROSA', 'BAKERY']))
    read(page, path)
    shown = 'document.getElementById("photo").naturalWidth === 200'
    number = 'document.getElementById("page-number").textContent'
    page.wait_for(shown)
    assert (page.run(number), page.run(WORDS)) == ('Page 1 of 2', ['ROSA'])
    assert page.run('document.getElementById("page-before").disabled')
    page.run('document.getElementById("page-after").click()')
    page.wait_for(shown)
    assert (page.run(number), page.run(WORDS)) == ('Page 2 of 2', ['BAKERY'])
    assert page.run('getComputedStyle(document.getElementById("photo")).visibility') == 'visible'
    for kind in ('image', 'text', 'json'):
        page.run(f'document.querySelector("[data-download={kind}]").click()')
    page.wait_for('Object.keys(saved).length === 3')
    assert page.run('saved["scan.txt"].text()') == 'ROSA\n\nBAKERY\n'
    records = json.loads(page.run('saved["scan.json"].text()'))
    assert [record['image'] for record in records] == ['scan.pdf#page=1', 'scan.pdf#page=2']
    assert not any('image_data' in record for record in records)
    assert page.run('Boolean(saved["scan-p002-words.png"])')


def test_page_asks_for_the_password_of_a_pdf(page: Browser, tmp_path: Path) -> None:
    path = tmp_path / 'scan.pdf'
    path.write_bytes(encrypted_pdf('secret'))
    page.choose_file('#file', path)
    page.wait_for('document.activeElement.id === "password"')
    page.run(
        'document.getElementById("password").value = "secret";'
        'document.querySelector("#password-form button").click()'
    )
    page.wait_for(f'{STATE} === "done"')
    assert page.run('document.getElementById("page-number").textContent') == 'Page 1 of 2'
    assert page.run('document.getElementById("alert").hidden')


def test_page_shows_errors(page: Browser, photo: Path, tmp_path: Path) -> None:
    broken = tmp_path / 'broken.jpg'
    broken.write_bytes(b'none')
    page.choose_file('#file', broken)
    page.wait_for('!document.getElementById("alert").hidden')
    assert 'not an image that can be read' in page.run(
        'document.getElementById("alert-text").textContent'
    )
    assert page.run(STATE) == 'empty'
    read(page, photo)
    assert page.run('document.getElementById("alert").hidden')


def test_page_takes_dropped_and_pasted_photos(page: Browser, photo: Path, address: str) -> None:
    send = (
        'async (type, name) => { const data = new DataTransfer();'
        f'const blob = await (await fetch("{address}assets/icon.svg")).blob();'
        'data.items.add(new File([blob], name, {type: "image/svg+xml"}));'
        'const options = {bubbles: true, dataTransfer: data, clipboardData: data};'
        'dispatchEvent(type === "drop" ? new DragEvent(type, options)'
        ' : new ClipboardEvent(type, options)); }'
    )
    for kind in ('drop', 'paste'):
        page.run(f'({send})("{kind}", "{kind}.svg")')
        page.wait_for('!document.getElementById("alert").hidden')
        assert page.run('document.getElementById("alert-text").textContent').startswith(
            f'{kind}.svg: not an image'
        )
        page.run('document.getElementById("alert").hidden = true')


@pytest.mark.parametrize(('width', 'phone'), [(390, True), (320, True), (800, False)])
def test_page_fits_narrow_windows(
    page: Browser, photo: Path, address: str, width: int, phone: bool
) -> None:
    page.show(width, 800, 'dark', phone)
    page.open(address)
    fits = 'document.documentElement.scrollWidth <= innerWidth'
    assert page.run(fits)
    takes = 'document.getElementById("take").getClientRects().length > 0'
    assert page.run(takes) is phone
    read(page, photo)
    assert page.run(fits)


def test_page_requests_nothing_from_other_hosts(page: Browser, photo: Path, address: str) -> None:
    read(page, photo)
    page.open(f'{address}docs')
    page.wait_for('document.body.textContent.includes("/v1/spot")')
    others = [url for url in page.requested() if not url.startswith((address, 'blob:', 'data:'))]
    assert not others
    problems = [
        event['params']
        for event in page.events
        if event.get('method') == 'Runtime.exceptionThrown'
        or 'Content Security Policy' in str(event.get('params', ''))
    ]
    assert not problems
