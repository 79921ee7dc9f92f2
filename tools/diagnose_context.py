"""``clipter diagnose-context`` from a checkout: ``python tools/diagnose_context.py --help``."""

import sys

from pipeline.cli.diagnose_context import main

if __name__ == '__main__':
    sys.exit(main())
