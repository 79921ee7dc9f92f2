"""``clipter serve``: an HTTP server and a web page that read the words in images."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import warnings

from pipeline.cli.common import (
    DONE,
    CommandError,
    add_device,
    count,
    existing_file,
    make_parser,
    positive_int,
    run_command,
)
from pipeline.cli.spotter_options import add_reading_options, choose_spotter

MODULES = ('fastapi', 'uvicorn', 'python_multipart', 'prometheus_client', 'fastapi_offline')


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = make_parser(
        'serve',
        ['', '--host 0.0.0.0 --port 8080 --api-key-file keys.txt'],
        'The web page is at /, the description of the interface at /docs. Images are sent to\n'
        'POST /v1/spot: curl -F image=@photo.jpg http://127.0.0.1:8000/v1/spot\n'
        "Requires pip install -e '.[serve]'.",
    )  # fmt: skip
    add = parser.add_argument
    add('--host', default='127.0.0.1', help='interface; 0.0.0.0 accepts other machines')
    add('--port', type=port, default=8000, metavar='N', help='port; 0 chooses a free one')
    add(
        '--api-key-file', type=existing_file, metavar='F',
        help='file with accepted keys, one per line (default: no key is required)',
    )  # fmt: skip
    add('--max-body', type=positive_int, default=32, metavar='MB', help='largest request')
    add(
        '--max-pixels', type=positive_int, default=50, metavar='MP',
        help='largest image, in million pixels',
    )  # fmt: skip
    add(
        '--max-total-pixels', type=positive_int, default=200, metavar='MP',
        help='all images of a request together, in million pixels',
    )  # fmt: skip
    add(
        '--max-pages', type=positive_int, default=32, metavar='N',
        help='most pages of a PDF or TIFF file',
    )  # fmt: skip
    add(
        '--queue', type=positive_int, default=64, metavar='N',
        help='images that wait or are read; further requests get status 503',
    )  # fmt: skip
    add('--batch-size', type=positive_int, default=4, metavar='N', help='most images per batch')
    add(
        '--batch-wait', type=count, default=5, metavar='MS',
        help='time that a batch waits for more images, in milliseconds',
    )  # fmt: skip
    add(
        '--workers', type=positive_int, metavar='N',
        help='batches that are read at the same time (default: one per core, two on a GPU)',
    )  # fmt: skip
    add(
        '--stop-seconds', type=positive_int, default=60, metavar='S',
        help='longest time for finishing requests after SIGTERM',
    )  # fmt: skip
    add(
        '--allow-urls', action='store_true',
        help='accept url=https://... of public addresses; private networks are never read',
    )  # fmt: skip
    add_reading_options(parser)
    add_device(parser)
    add('--quiet', action='store_true', help='do not log requests')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until the process is stopped; returns the exit status."""
    return run_command(_serve, parse_args(argv))


def port(text: str) -> int:
    """Argument type: a port, 0 to 65535."""
    value = count(text)
    if value > 65535:
        raise argparse.ArgumentTypeError(f'wanted a port from 0 to 65535, got {text}')
    return value


def require_packages() -> None:
    """Check that the packages of the server are installed.

    Raises:
        CommandError: If one is missing.
    """
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise CommandError(f"{', '.join(missing)} not installed: pip install -e '.[serve]'")


def _serve(args: argparse.Namespace) -> int:
    require_packages()

    from pipeline.io import ImageReadWarning
    from pipeline.serve.app import create_app
    from pipeline.serve.keys import read_keys
    from pipeline.serve.server import listen, serve
    from pipeline.serve.settings import ServerSettings

    # Answers contain these warnings.
    warnings.simplefilter('ignore', ImageReadWarning)
    settings = ServerSettings(
        max_body=args.max_body * 1_000_000,
        max_pixels=args.max_pixels * 1_000_000,
        max_pages=args.max_pages,
        max_total_pixels=args.max_total_pixels * 1_000_000,
        queue_size=args.queue,
        batch_size=args.batch_size,
        batch_wait_s=args.batch_wait / 1000,
        workers=args.workers,
        allow_urls=args.allow_urls,
        keys=tuple(read_keys(args.api_key_file)) if args.api_key_file else (),
    )
    try:
        listener = listen(args.host, args.port)
    except OSError as error:
        raise CommandError(
            f'cannot listen on {args.host}:{args.port}: {error.strerror}; choose another --port '
            'or --host'
        ) from error
    with listener:
        app = create_app(choose_spotter(args, args.device).build(), settings)
        host = f'[{args.host}]' if ':' in args.host else args.host
        address = f'http://{host}:{listener.getsockname()[1]}'

        def say_start() -> None:
            print(f'Reading images at {address}/ (interface: {address}/docs)', flush=True)

        serve(app, listener, args.stop_seconds, not args.quiet, say_start)
    return DONE


if __name__ == '__main__':
    sys.exit(main())
