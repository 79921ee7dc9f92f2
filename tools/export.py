"""``clipter export`` from a checkout: ``python tools/export.py --help``."""

import sys

from pipeline.cli.export import main

if __name__ == '__main__':
    sys.exit(main())
