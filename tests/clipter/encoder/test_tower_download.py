"""Downloads of tower weights, from a server on the loopback interface."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from safetensors.torch import save
from tiny_towers import TINY, make_encoder, make_photo, tower_state

from pipeline.clipter.encoder import ClipImageEncoder, tower_download, tower_weights

FILE = '/tiny/clip/resolve/main/open_clip_model.safetensors'
TAG = {'hf_hub': 'tiny/clip/', 'mean': (0, 0, 0), 'std': (1, 1, 1), 'quick_gelu': False}


class Server:
    """Serves one file as the Hugging Face Hub does, and counts the requests."""

    def __init__(self, content: bytes, digest: str | None = None, sent: bytes | None = None):
        self.requests = 0
        sent = content if sent is None else sent
        digest = digest or hashlib.sha256(content).hexdigest()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.answer(b'')

            def do_GET(self):
                self.answer(sent)

            def answer(self, body: bytes):
                server.requests += 1
                found = self.path.split('?')[0].endswith('open_clip_model.safetensors')
                self.send_response(200 if found else 404)
                self.send_header('Content-Length', str(len(content) if found else 0))
                self.send_header('ETag', f'"{digest}"')
                self.send_header('X-Repo-Commit', '0' * 40)
                self.end_headers()
                if found:
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.http.server_port}'
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def use_hub(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    constants = 'huggingface_hub.constants'
    template = f'{url}/{{repo_id}}/resolve/{{revision}}/{{filename}}'
    monkeypatch.setattr(f'{constants}.ENDPOINT', url)
    monkeypatch.setattr(f'{constants}.HUGGINGFACE_CO_URL_TEMPLATE', template)


@pytest.fixture
def content() -> bytes:
    return save(tower_state(make_encoder(seed=3)))


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Start a server that takes the place of the hub; the cache is empty."""
    servers = []
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path / 'hub'))
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('HF_HUB_OFFLINE', '0')

    def start(*args, **options) -> Server:
        servers.append(Server(*args, **options))
        use_hub(monkeypatch, servers[-1].url)
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_fetch_weights_downloads_once_and_reads_offline(serve, content, monkeypatch):
    server = serve(content)
    path = tower_download.fetch_weights(TAG)
    assert path.read_bytes() == content
    server.close()
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')
    requests = server.requests
    assert tower_download.fetch_weights(TAG) == path
    assert server.requests == requests


def test_encoder_reads_a_downloaded_tag(serve, content, monkeypatch):
    serve(content)
    monkeypatch.setattr('pipeline.clipter.encoder.open_clip_tower.get_tag_config', lambda *_: TAG)
    encoder = ClipImageEncoder(TINY, 'some-tag')
    expected = make_encoder(seed=3, mean=(0, 0, 0), std=(1, 1, 1))
    assert encoder.checksum == expected.checksum
    assert encoder([make_photo()]).equal(expected([make_photo()]))


def test_damaged_download_is_an_error_and_not_cached(serve, content):
    damaged = bytes([content[0] ^ 1]) + content[1:]
    serve(content, sent=damaged)
    with pytest.raises(OSError, match='damaged'):
        tower_download.fetch_weights(TAG)
    assert tower_download.find_cached(TAG) is None


def test_url_download_is_verified_and_complete(serve, content):
    server = serve(content)
    digest = hashlib.sha256(content).hexdigest()
    tag = {'url': f'{server.url}/mlfoundations/{digest}/open_clip_model.safetensors'}
    path = tower_download.fetch_weights(tag)
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_url_download_that_ends_early_leaves_no_file(serve, content):
    server = serve(content, sent=content[:-100])
    tag = {'url': f'{server.url}/open_clip_model.safetensors'}
    with pytest.raises(OSError, match=r'ended after|IncompleteRead'):
        tower_download.fetch_weights(tag)
    assert tower_download.find_cached(tag) is None


@pytest.mark.parametrize(
    ('url', 'digest'),
    [
        ('https://x/mlfoundations/vit_b_32-laion400m_e31-d867053b.pt', 'd867053b'),
        (f'https://openaipublic.azureedge.net/clip/models/{"a" * 64}/RN50.pt', 'a' * 64),
        ('https://dl.example.org/MMPT/metaclip/b32_400m.pt', ''),
    ],
)
def test_expected_digest_is_read_from_the_address(url, digest):
    assert tower_download._expected_digest(url) == digest


def test_no_network_names_the_options_within_5_seconds(monkeypatch, tmp_path):
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    monkeypatch.setenv('HF_HUB_OFFLINE', '0')
    with socket.socket() as silent:  # accepts connections and never answers
        silent.bind(('127.0.0.1', 0))
        silent.listen()
        url = f'http://127.0.0.1:{silent.getsockname()[1]}'
        use_hub(monkeypatch, url)
        monkeypatch.setattr(tower_download, 'REACH_TIMEOUT_S', 0.3)
        start = time.monotonic()
        with pytest.raises(FileNotFoundError) as error:
            ClipImageEncoder('ViT-B-32', pretrained='openai')
    assert time.monotonic() - start < 5
    message = str(error.value)
    assert '/timm/vit_base_patch32_clip_224.openai/resolve/main/open_clip_model.saf' in message
    # The activation of OpenAI's weights is part of the name, so the file is enough.
    file = 'weights/ViT-B-32-openai/open_clip_model.safetensors'
    assert f'--tower ViT-B-32-quickgelu --pretrained {file}' in message
    assert '--tower clipter-lite0' in message
    assert tower_weights.get_model_config('ViT-B-32-quickgelu')['quick_gelu']


def test_offline_mode_sends_nothing(serve, content, monkeypatch):
    server = serve(content)
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')
    with pytest.raises(ConnectionError, match='HF_HUB_OFFLINE'):
        tower_download.fetch_weights(TAG)
    assert server.requests == 0
