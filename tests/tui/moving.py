"""A mover: somebody who is still in a group of the role before."""

from tests.tui.simulated import Bench


def foreign_team(bench: Bench) -> str:
    """A group of the secret manager whose group in the directory Ravi is not in."""
    tenant = bench.pair.directory.tenant
    ravi = next(one.id for one in tenant.accounts.values() if one.display_name == "Ravi Menon")
    his = {tenant.groups[group].name for group, held in tenant.members.items() if ravi in held}
    names = {one.name for one in tenant.groups.values()} - his
    mapped = {name for _, name, *_ in bench.pair.mappings}
    groups = bench.pair.secrets.tenant.groups.values()
    return next(one.id for one in groups if one.name in names & mapped)
