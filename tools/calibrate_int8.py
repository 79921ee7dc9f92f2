"""``clipter calibrate-int8`` from a checkout: ``python tools/calibrate_int8.py --help``."""

import sys

from pipeline.cli.calibrate_int8 import main

if __name__ == '__main__':
    sys.exit(main())
