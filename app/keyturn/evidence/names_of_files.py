"""What the files of a bundle are called. Those of one of several runs have its number in front."""

PACK, PAGE = "leaver.json", "leaver.html"
PLAN, PLAN_MINIMISED = "plan.json", "plan-minimised.json"
OUTLINE = "outline.json"
POLICY, POLICY_MINIMISED = "policy.yaml", "policy-minimised.yaml"
SOURCES, SOURCES_MINIMISED = "sources.json", "sources-minimised.json"


def before_names(number: int, runs: int) -> str:
    """What stands before the names of the files that are of the run with this number, of `runs`."""
    return "" if runs == 1 else f"run-{number}-"
