"""From a plan to published pages: prepare the data once, run every notebook, check it, publish it, index it."""

import sys

NOT_NEEDED = ("rfc3987_syntax", "isoduration")
# jsonschema would check formats by them, reading a grammar of addresses and a library of moments: more than a second of
# CPU in every process that opens a notebook; no notebook's schema asks for one, and jsonschema does without
for _name in NOT_NEEDED:
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
