"""``clipter browse-dataset`` from a checkout: ``python tools/browse_dataset.py --help``."""

import sys

from pipeline.cli.browse_dataset import main

if __name__ == '__main__':
    sys.exit(main())
