"""``clipter pack-fusion`` from a checkout: ``python tools/pack_fusion.py --help``."""

import sys

from pipeline.cli.pack_fusion import main

if __name__ == '__main__':
    sys.exit(main())
