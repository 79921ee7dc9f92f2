"""``clipter serve`` from a checkout: ``python tools/serve.py --help``."""

import sys

from pipeline.cli.serve import main

if __name__ == '__main__':
    sys.exit(main())
