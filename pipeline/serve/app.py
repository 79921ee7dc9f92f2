"""The application: routes, errors, headers and the pages of the server."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline import __version__
from pipeline.serve.batcher import Batcher
from pipeline.serve.errors import RequestError
from pipeline.serve.formats import FORMATS
from pipeline.serve.keys import KeyCheck
from pipeline.serve.metrics import Metrics
from pipeline.serve.openapi import SECURITY_SCHEMES, SPOT
from pipeline.serve.reader import Reader
from pipeline.serve.settings import ServerSettings
from pipeline.serve.spot import ClientLeft, Spot
from pipeline.spotter import TextSpotter

PAGE = Path(__file__).parent / 'page'
SWAGGER = files('fastapi_offline') / 'static'
_CLIENT_LEFT = 499

# No page loads anything from another host.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    'Content-Security-Policy': _POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
}
# Swagger UI sets styles in its markup.
_DOCS_HEADERS = {
    'Content-Security-Policy': _POLICY.replace(
        "style-src 'self'", "style-src 'self' 'unsafe-inline'"
    )
}


def create_app(spotter: TextSpotter, settings: ServerSettings | None = None) -> FastAPI:
    """The application of a server.

    Args:
        spotter: Spotter of all requests.
        settings: Settings of the server.
    """
    settings = settings or ServerSettings()
    metrics, keys = Metrics(), KeyCheck(settings.keys)
    reader = Reader(spotter, settings.max_pixels)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.batcher = batcher = Batcher(
            reader,
            settings.queue_size,
            settings.batch_size,
            settings.batch_wait_s,
            settings.workers,
            metrics.observe_batch,
        )
        metrics.watch_queue(lambda: batcher.size)
        app.state.spot = Spot(batcher, settings, metrics)
        yield
        await run_in_threadpool(batcher.close)

    app = FastAPI(
        title='CLIPTER spotter',
        version=__version__,
        description='Reads the words in images.',
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    _add_errors(app)
    _describe_keys(app)

    def check_key(request: Request) -> None:
        keys.check(request.headers.get('authorization'), request.headers.get('x-api-key'))

    @app.post('/v1/spot', **SPOT)
    async def spot(request: Request) -> Response:
        start = time.perf_counter()
        status = 500
        try:
            check_key(request)
            response = await app.state.spot.answer(request)
            status = response.status_code
        except RequestError as error:
            status = error.status
            raise
        except (ClientLeft, ClientDisconnect):
            status = _CLIENT_LEFT
            metrics.observe_left()
            return Response(status_code=_CLIENT_LEFT)
        finally:
            if status != _CLIENT_LEFT:
                metrics.observe_request(status, time.perf_counter() - start)
        return response

    @app.get('/v1/info', summary='Settings of the server')
    async def info() -> dict[str, Any]:
        return {
            'version': __version__,
            'min_score': reader.defaults['min_score'],
            'context': reader.can_use_context,
            'context_on': reader.defaults['has_context'],
            'gate': reader.gate,
            'formats': list(FORMATS),
            'max_body': settings.max_body,
            'max_pixels': settings.max_pixels,
            'max_pages': settings.max_pages,
            'max_total_pixels': settings.max_total_pixels,
            'key_required': keys.is_required,
        }

    @app.get('/healthz', summary='Whether the process runs')
    async def healthz() -> dict[str, str]:
        return {'status': 'ok'}

    @app.get('/readyz', summary='Whether images are accepted')
    async def readyz() -> JSONResponse:
        ready = app.state.batcher.is_ready
        return JSONResponse(
            {'status': 'ready' if ready else 'stopping'}, status_code=200 if ready else 503
        )

    @app.get('/metrics', summary='Counters in the text format of Prometheus')
    async def read_metrics(request: Request) -> Response:
        check_key(request)
        return Response(metrics.text(), media_type='text/plain; version=0.0.4; charset=utf-8')

    _add_pages(app)
    app.add_middleware(_AddHeaders)
    return app


def _describe_keys(app: FastAPI) -> None:
    """Add the two ways of sending a key to the description in OpenAPI."""
    describe = app.openapi

    def with_keys() -> dict[str, Any]:
        schema = describe()
        schema.setdefault('components', {})['securitySchemes'] = SECURITY_SCHEMES
        return schema

    app.openapi = with_keys  # type: ignore[method-assign]


def _add_pages(app: FastAPI) -> None:
    @app.get('/', include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / 'index.html', headers={'Cache-Control': 'no-cache'})

    @app.get('/docs', include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(PAGE / 'docs.html', headers=_DOCS_HEADERS)

    app.mount('/assets', StaticFiles(directory=PAGE))
    app.mount('/swagger', StaticFiles(directory=str(SWAGGER)))


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> JSONResponse:
        return JSONResponse({'error': error.message}, error.status, error.headers)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        message = {
            404: f'there is no {request.url.path[:100]}; /docs lists the addresses.',
            405: f'{request.url.path[:100]} does not accept {request.method}; see /docs.',
        }.get(error.status_code, str(error.detail))
        return JSONResponse({'error': message}, error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse(
            {'error': 'the server failed on this request; its log contains the cause.'}, 500
        )


class _AddHeaders:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message['type'] == 'http.response.start':
                present = {name.lower() for name, _ in message['headers']}
                message['headers'] = [
                    *message['headers'],
                    *(
                        (name.lower().encode(), value.encode())
                        for name, value in _HEADERS.items()
                        if name.lower().encode() not in present
                    ),
                ]
            await send(message)

        await self.app(scope, receive, send_with_headers)
