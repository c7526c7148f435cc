"""The command line: reads arguments, calls the rooms, shows progress; computes nothing itself.

`root` lists the commands; each other module holds a group of them. A command imports the room that
it calls inside its function, so that the help is there at once.
"""

from __future__ import annotations

from survey_stats.cli.root import app, main

__all__ = ["app", "main"]
