"""``clipter context-benchmark`` from a checkout: ``python tools/context_benchmark.py --help``."""

import sys

from pipeline.cli.context_benchmark import main

if __name__ == '__main__':
    sys.exit(main())
