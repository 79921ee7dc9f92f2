"""``clipter serve-load`` from a checkout: ``python tools/serve_load.py --help``."""

import sys

from pipeline.cli.serve_load import main

if __name__ == '__main__':
    sys.exit(main())
