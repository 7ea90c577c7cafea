"""`crm`: the command line. Each command is thin; what it does lives in the library."""

from __future__ import annotations

import sys

import click

from crmlib.errors import UserError

COMMANDS = {
    "report": "crmlib.cli.report:report_group",
    "report-type": "crmlib.cli.report_type:report_type_group",
    "object": "crmlib.cli.objects:object_group",
    "import": "crmlib.cli.importing:import_command",
    "demo-data": "crmlib.cli.demo:demo_command",
    "schedule": "crmlib.cli.schedule:schedule_group",
    "mirror": "crmlib.cli.mirror:mirror_group",
    "user": "crmlib.cli.users:user_group",
    "permission": "crmlib.cli.users:permission_group",
    "serve": "crmlib.cli.serve:serve_command",
    "upgrade": "crmlib.cli.objects:upgrade_command",
    "backup": "crmlib.cli.upkeep:backup_command",
    "restore": "crmlib.cli.upkeep:restore_command",
    "check": "crmlib.cli.upkeep:check_command",
}
"""Each command and where it is; loaded only when called, so that `crm` answers at once."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        from importlib import import_module

        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Faults that a person can mend are told without a traceback; exit code 1 (wrong usage: 2)."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A CRM reporting workbench.

    The database is CRM_DATABASE_URL, or crm.sqlite in this folder; the user is CRM_USER, or the first administrator.
    """
