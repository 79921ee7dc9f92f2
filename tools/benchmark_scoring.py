"""``clipter benchmark-scoring`` from a checkout: ``python tools/benchmark_scoring.py --help``."""

import sys

from pipeline.cli.benchmark_scoring import main

if __name__ == '__main__':
    sys.exit(main())
