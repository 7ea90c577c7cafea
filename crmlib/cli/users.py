"""`crm user` and `crm permission`: who works with this base, and what they may do (docs/rights.md)."""

from __future__ import annotations

import click

from crmlib.model.org import Org
from crmlib.security.access import RIGHTS, Access, access_of
from crmlib.security.first_start import default_username
from crmlib.security.permission_sets import ensure_permission_sets
from crmlib.security.users import (
    activate_user,
    add_user,
    check_administrator,
    deactivate_user,
    find_permission,
    grant,
    list_permissions,
    list_users,
    revoke,
)

which = click.option("--permission", "permissions", metavar="SET", multiple=True, required=True,
                     help="A permission set, by name; may be given several times.")
usernames = click.argument("usernames", metavar="USERNAME...", nargs=-1, required=True)


@click.group()
def user_group() -> None:
    """Who works with this base. For administrators."""


@click.group()
def permission_group() -> None:
    """Permission sets: what users who hold them may do. For administrators."""


def _administrator() -> tuple[Org, Access]:
    org = Org.open(create=False)
    access = access_of(org, default_username(org))
    check_administrator(access)
    ensure_permission_sets(org)
    return org, access


@user_group.command("list")
def list_command() -> None:
    """All users, their roles and permission sets."""
    org, _ = _administrator()
    users = list_users(org)
    width = max(len(user.username) for user in users)
    for user in users:
        held = ", ".join(user.permissions) or "no permission set"
        state = "" if user.is_active else "not active; "
        click.echo(f"{user.username:{width}}  {user.name:24}  {user.role or 'no role':20}  {state}{held}")


@user_group.command("add")
@click.argument("username")
@click.option("--name", default="", help="What people call them; default: the username.")
@click.option("--email")
@click.option("--role", metavar="ROLE", help="Their place in the tree of roles: it sees what the roles below it own.")
@click.option("--permission", "permissions", metavar="SET", multiple=True, help="A permission set they hold; may be given several times.")
def add_command(username: str, name: str, email: str | None, role: str | None, permissions: tuple[str, ...]) -> None:
    """Make a user. Without a permission set they may do nothing."""
    org, by = _administrator()
    add_user(org, by, username, name, email, role, permissions)
    held = f"holds {', '.join(permissions)}" if permissions else f"may do nothing yet: crm user grant {username} --permission SET"
    click.echo(f"{username} is made and {held}.")


@user_group.command("deactivate")
@click.argument("username")
def deactivate_command(username: str) -> None:
    """They can do nothing any more; their records stay theirs. The last administrator can't be."""
    org, by = _administrator()
    left = deactivate_user(org, by, username)
    click.echo(f"{username} is not active any more." + (f" Still theirs: {', '.join(left)}." if left else ""))


@user_group.command("activate")
@click.argument("username")
def activate_command(username: str) -> None:
    """Undo deactivate; they hold what they held."""
    org, by = _administrator()
    activate_user(org, by, username)
    click.echo(f"{username} is active again.")


@user_group.command("grant")
@usernames
@which
def grant_command(usernames: tuple[str, ...], permissions: tuple[str, ...]) -> None:
    """Let users hold permission sets, beside those they hold."""
    org, by = _administrator()
    _tell(grant(org, by, usernames, permissions), usernames, permissions, "granted to", "held already by")


@user_group.command("revoke")
@usernames
@which
def revoke_command(usernames: tuple[str, ...], permissions: tuple[str, ...]) -> None:
    """Take permission sets from users. The last administrator stays one."""
    org, by = _administrator()
    _tell(revoke(org, by, usernames, permissions), usernames, permissions, "revoked from", "not held by")


def _tell(changed: int, usernames: tuple[str, ...], permissions: tuple[str, ...], done: str, not_done: str) -> None:
    click.echo(f"{', '.join(permissions)} {done if changed else not_done} {', '.join(usernames)}.")


@permission_group.command("list")
def list_permissions_command() -> None:
    """All permission sets and how many active users hold them."""
    org, _ = _administrator()
    for one in list_permissions(org):
        count = len(one.usernames)
        click.echo(f"{one.name:16}  {count:>4} user{' ' if count == 1 else 's'}  {one.description}")


@permission_group.command("show")
@click.argument("name")
def show_command(name: str) -> None:
    """What a permission set lets do, and who holds it."""
    org, _ = _administrator()
    one = find_permission(org, name)
    click.echo(f"{one.name}: {one.description}\n\nObjects")
    together: dict[str, list[str]] = {}
    for object_name, rights in one.objects.items():
        together.setdefault(", ".join(right.replace("_", " ") for right in RIGHTS if right in rights), []).append(object_name)
    for words, names in together.items():
        click.echo(f"  {words or 'nothing'}: {_every(names)}")
    for title, edits in (("Fields that may be edited", True), ("Fields that may only be read", False)):
        if names := [field for field, editable in one.fields.items() if editable == edits]:
            click.echo(f"\n{title}\n  {_every(names)}")
    click.echo(f"\nHeld by {', '.join(one.usernames) or 'nobody'}.")


def _every(names: list[str]) -> str:
    return ", ".join("all" if name == "*" else name for name in names)


@permission_group.command("why")
@click.argument("username")
@click.argument("object_name", metavar="OBJECT")
@click.argument("record_and_field", metavar="[RECORD] [FIELD]", nargs=-1)
def why_command(username: str, object_name: str, record_and_field: tuple[str, ...]) -> None:
    """Why a user may or may not see an object, a record (by id) or a field: which rule says so."""
    from crmlib.security.why_seen import why_seen

    record = record_and_field[0] if record_and_field and record_and_field[0].isdecimal() else None
    fields = record_and_field[1:] if record else record_and_field
    if len(fields) > 1:
        raise click.UsageError("one record (its id) and one field at most, such as: crm permission why mia opportunity 5 amount")
    org, by = _administrator()
    for line in why_seen(org, by, username, object_name, int(record) if record else None, fields[0] if fields else None):
        click.echo(line)
