"""``clipter batch`` from a checkout: ``python tools/batch.py --help``."""

import sys

from pipeline.cli.batch import main

if __name__ == '__main__':
    sys.exit(main())
