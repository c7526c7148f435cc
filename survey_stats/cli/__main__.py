"""`python -m survey_stats.cli`."""

from survey_stats.cli.root import main

main()
