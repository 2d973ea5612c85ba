"""From a plan to published pages: prepare the data once, run every notebook, check it, publish it, index it."""
