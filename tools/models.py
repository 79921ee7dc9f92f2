"""``clipter models`` from a checkout: ``python tools/models.py --help``."""

import sys

from pipeline.cli.models import main

if __name__ == '__main__':
    sys.exit(main())
