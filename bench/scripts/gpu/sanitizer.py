"""What compute-sanitizer has found, from what it has printed."""

import re

# A line of its own, among those of the program that it watches.
LINE = re.compile(r"^=========[ \t]?(.*)$", re.MULTILINE)
ERRORS = re.compile(r"ERROR SUMMARY: (\d+) errors?$")
HAZARDS = re.compile(r"RACECHECK SUMMARY: \d+ hazards? displayed \((\d+) errors?, (\d+) warnings?\)$")
# It couldn't watch, or gave up.
FAILURE = re.compile(r"(Error: (?!Race reported|Potential ).*|Internal Sanitizer Error.*|.*[Tt]arget application terminated before.*)$")
CONTEXT = re.compile(
    r"( .*|Saved host backtrace.*|Host Frame.*|COMPUTE-SANITIZER.*|Target application returned.*"
    r"|(ERROR|LEAK|RACECHECK) SUMMARY.*)?$"
)


class NotChecked(Exception):
    """It can't be told whether there are errors; the reason is its text."""


def parse(tool: str, text: str) -> dict:
    """Errors, of racecheck also warnings, of all processes together, and the first of each kind.

    tool: memcheck or racecheck.
    """
    lines = [line.rstrip() for line in LINE.findall(text)]
    failures = [line for line in lines if FAILURE.match(line)]
    if failures:
        raise NotChecked(f"compute-sanitizer: {failures[0]}")
    # racecheck ends with a summary of errors, too, that counts no hazards.
    summaries = [match for match in map((HAZARDS if tool == "racecheck" else ERRORS).match, lines) if match]
    if not summaries:
        raise NotChecked("compute-sanitizer wrote no summary")
    found = {"processes": len(summaries), "errors": sum(int(match.group(1)) for match in summaries)}
    if tool == "racecheck":
        found["warnings"] = sum(int(match.group(2)) for match in summaries)
        others = [int(match.group(1)) for match in map(ERRORS.match, lines) if match]
        found["errors"] = max(found["errors"], sum(others))
    kinds = list(dict.fromkeys(re.sub(r"\(\d.*|0x[0-9a-f]+", "…", line) for line in lines if not CONTEXT.match(line)))
    if kinds:
        found["kinds"] = "; ".join(kinds[:5])
    return found
