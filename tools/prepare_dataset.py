"""``clipter prepare-dataset`` from a checkout: ``python tools/prepare_dataset.py --help``."""

import sys

from pipeline.cli.prepare_dataset import main

if __name__ == '__main__':
    sys.exit(main())
