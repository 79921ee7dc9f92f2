"""``clipter synthesize`` from a checkout: ``python tools/synthesize.py --help``."""

import sys

from pipeline.cli.synthesize import main

if __name__ == '__main__':
    sys.exit(main())
