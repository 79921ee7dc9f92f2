"""``clipter train`` from a checkout: ``python tools/train.py --help``."""

import sys

from pipeline.cli.train import main

if __name__ == '__main__':
    sys.exit(main())
