"""``clipter infer`` from a checkout: ``python tools/infer.py --help``."""

import sys

from pipeline.cli.infer import main

if __name__ == '__main__':
    sys.exit(main())
