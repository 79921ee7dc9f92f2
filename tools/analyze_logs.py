"""``clipter analyze-logs`` from a checkout: ``python tools/analyze_logs.py --help``."""

import sys

from pipeline.cli.analyze_logs import main

if __name__ == '__main__':
    sys.exit(main())
