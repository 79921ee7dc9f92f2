"""``clipter evaluate`` from a checkout: ``python tools/evaluate.py --help``."""

import sys

from pipeline.cli.evaluate import main

if __name__ == '__main__':
    sys.exit(main())
