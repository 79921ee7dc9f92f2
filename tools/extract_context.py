"""``clipter extract-context`` from a checkout: ``python tools/extract_context.py --help``."""

import sys

from pipeline.cli.extract_context import main

if __name__ == '__main__':
    sys.exit(main())
