"""``clipter print-config`` from a checkout: ``python tools/print_config.py --help``."""

import sys

from pipeline.cli.print_config import main

if __name__ == '__main__':
    sys.exit(main())
