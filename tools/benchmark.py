"""``clipter benchmark`` from a checkout: ``python tools/benchmark.py --help``."""

import sys

from pipeline.cli.benchmark import main

if __name__ == '__main__':
    sys.exit(main())
