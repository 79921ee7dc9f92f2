"""``clipter pack-tower`` from a checkout: ``python tools/pack_tower.py --help``."""

import sys

from pipeline.cli.pack_tower import main

if __name__ == '__main__':
    sys.exit(main())
