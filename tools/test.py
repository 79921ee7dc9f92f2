"""``clipter test`` from a checkout: ``python tools/test.py --help``."""

import sys

from pipeline.cli.test import main

if __name__ == '__main__':
    sys.exit(main())
