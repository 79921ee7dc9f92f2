"""``clipter pack-spotter`` from a checkout: ``python tools/pack_spotter.py --help``."""

import sys

from pipeline.cli.pack_spotter import main

if __name__ == '__main__':
    sys.exit(main())
