"""``clipter unpack-spotter`` from a checkout: ``python tools/unpack_spotter.py --help``."""

import sys

from pipeline.cli.unpack_spotter import main

if __name__ == '__main__':
    sys.exit(main())
