"""The real command line on a tiny project, as a process of its own: `driver.py FOLDER ARGUMENTS…`.

The project's settings stand in FOLDER/settings.json, its records in FOLDER/made. No test is in here.
"""

import json
import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    from analysis.reporting import command_line, commands
    from analysis.reporting.parameters import Limits
    from analysis.store import Store

    tiny = runpy.run_path(str(Path(__file__).parents[1] / "reporting" / "conftest.py"))
    folder = Path(sys.argv[1])
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    settings["limits"] = Limits(**settings.get("limits", {}))
    changed = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    commands.suite_steps = lambda: tiny["make_steps"](Store(folder / "made"))
    commands.read_suite = lambda params: tiny["make_suite"](folder, **changed)
    sys.exit(command_line.main(sys.argv[2:]))
