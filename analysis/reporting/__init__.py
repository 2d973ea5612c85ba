"""From a plan to published pages: prepare the data once, run every notebook, check it, publish it, index it."""

import sys

NOT_NEEDED = "rfc3987_syntax"
# jsonschema would read a grammar of addresses with it, for a second of CPU in every process that opens a notebook; no
# notebook's schema asks for one, and jsonschema does without
sys.modules.setdefault(NOT_NEEDED, None)  # type: ignore[arg-type]
