"""Who somebody is and what they may: permission sets add up, what is deleted or inactive gives nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crmlib.errors import AccessDenied, NotFound
from crmlib.model.org import Org
from crmlib.reports.catalog import Catalog
from crmlib.reports.report_types import standard_report_types
from crmlib.security.access import access_of
from crmlib.security.first_start import default_username, ensure_administrator
from crmlib.workspace import Workspace
from tests.conftest import add
from tests.reports.asking import ask
from tests.security.world import LONG_AGO, World, make_world


@pytest.fixture
def world(org: Org) -> World:
    return make_world(org)


class TestWhoItIs:
    def test_nobody(self, world: World) -> None:
        with pytest.raises(NotFound, match="did you mean 'mia'") as error:
            world.access("mja")
        assert error.value.codes == ["unknown-user"]

    def test_who_left(self, world: World) -> None:
        add(world.org, "user", name="Ina", username="ina", is_active=False)
        add(world.org, "user", name="Una", username="una")  # nobody said that she is active
        for username in ("ina", "una"):
            with pytest.raises(AccessDenied) as error:
                world.access(username)
            assert error.value.codes == ["inactive-user"]

    def test_who_was_deleted(self, world: World) -> None:
        add(world.org, "user", name="Del", username="delilah", is_active=True, deleted_at=LONG_AGO)
        with pytest.raises(NotFound) as error:
            world.access("delilah")
        assert "delilah" not in error.value.problems[0].hint
        again = add(world.org, "user", name="Del", username="delilah", is_active=True)
        assert world.access("delilah").user_id == again

    @pytest.mark.parametrize(("username", "typed"), [("мария", "МАРИЯ"), ("Žofie", "žofie"), ("o'neil", "O'NEIL"), ("አበበ", "አበበ")])
    def test_in_any_case_and_script(self, world: World, username: str, typed: str) -> None:
        added = add(world.org, "user", name="x", username=username, is_active=True)
        assert world.access(typed).user_id == added


class TestRights:
    def test_without_any(self, world: World) -> None:
        """Not one report type of any object can be run, nor is a single field to be read."""
        access = world.access("mia")
        for name, view in standard_report_types(world.org.schema).items():
            with pytest.raises(AccessDenied):
                ask(world.org, name, user=access, columns=["name"])
            assert not access.may_read_field(view.definition.primary_object, "name")

    def test_they_add_up(self, world: World) -> None:
        world.grant("mia", objects={"account": "read"}, fields=("account.city",))
        world.grant("mia", objects={"account": "edit", "contact": "read"}, fields=("contact.*", "account.phone"))
        access = world.access("mia")
        assert access.may("read", "account") and access.may("edit", "account") and not access.may("delete", "account")
        readable = {(name, field.name) for name in ("account", "contact") for field in world.org.schema.describe(name).fields.values()
                    if access.may_read_field(name, field.name)}
        contact = {("contact", name) for name in world.org.schema.describe("contact").fields}
        assert readable == contact | {("account", name) for name in ("id", "name", "city", "phone")}

    def test_a_field_is_nothing_without_its_object(self, world: World) -> None:
        world.grant("mia", objects={"account": "read"}, fields=("*",))
        access = world.access("mia")
        assert access.may_read_field("account", "phone") and not access.may_read_field("contact", "phone")

    @pytest.mark.parametrize("part", ["permission_set", "object_permission", "field_permission", "permission_assignment"])
    def test_what_is_in_the_recycle_bin_gives_nothing(self, world: World, part: str) -> None:
        world.grant("mia", objects={"account": "read"}, fields=("account.phone",))
        assert world.access("mia").may_read_field("account", "phone")
        table = world.org.schema.describe(part).table
        with world.org.begin() as connection:
            connection.execute(table.update().values(deleted_at=LONG_AGO))
        assert not world.access("mia").may_read_field("account", "phone")

    def test_rights_of_others_give_nothing(self, world: World) -> None:
        world.grant("tom", objects={"*": "read view_all"})
        assert world.access("tom").may("view_all", "opportunity") and not world.access("mia").may("read", "opportunity")


class TestFirstStart:
    def test_the_first_administrator_once(self, org: Org) -> None:
        for _ in range(2):
            ensure_administrator(org)
            assert default_username(org) == "admin"
        assert org.fetch(select(func.count()).select_from(org.schema.describe("user").table)) == [(1,)]
        access = access_of(org, "admin")
        assert all(access.may(right, described.name) for described in org.schema for right in ("read", "delete", "edit_all"))

    def test_nobody_is_made_administrator_of_what_others_run(self, world: World) -> None:
        ensure_administrator(world.org)
        with pytest.raises(NotFound) as error:
            default_username(world.org)
        assert error.value.codes == ["no-user"]
        assigned = world.grant("tom", objects={"*": "read edit edit_all"})
        assert default_username(world.org) == "tom"
        table = world.org.schema.describe("permission_set").table
        with world.org.begin() as connection:
            connection.execute(table.update().where(table.c.id == assigned).values(deleted_at=LONG_AGO))
        with pytest.raises(NotFound):
            default_username(world.org)

    def test_looking_waits_for_no_writer(self, world: World) -> None:
        with world.org.begin() as connection:
            connection.execute(world.org.schema.describe("account").table.update().values(city="x"))
            ensure_administrator(world.org)  # on SQLite it would wait half a minute, then fail


class TestWorkspace:
    @pytest.fixture
    def workspace(self, world: World, tmp_path) -> Workspace:  # type: ignore[no-untyped-def]
        world.grant("tom", objects={"*": "read view_all"})
        world.grant("mia", objects={"account": "read"}, fields=("account.city",))
        return Workspace(world.org, world.access("tom"), Catalog(tmp_path, world.org.schema))

    def test_as_somebody_else(self, workspace: Workspace) -> None:
        as_mia = workspace.as_user("mia")
        assert list(as_mia.describe("account").index) == ["id", "name", "city"]
        assert len(workspace.describe("account")) > 10 and list(as_mia.describe("contact").index) == []

    def test_a_faulty_report_has_its_problems_and_does_not_run(self, workspace: Workspace) -> None:
        folder = workspace.catalog.folder / "reports" / "sales"
        folder.mkdir(parents=True)
        (folder / "lost.yaml").write_text("label: Lost\nreport_type: acounts\ncolumns: [name]\n")
        faulty = workspace.report("sales/lost")
        assert [(problem.code, problem.where, problem.hint) for problem in faulty.problems()] == [
            ("unknown-report-type", "reports/sales/lost.yaml:2", "did you mean 'accounts'?")]
        with pytest.raises(NotFound) as error:
            faulty.run()
        assert error.value.problems[0].where == "reports/sales/lost.yaml:2"
        assert faulty.change(report_type="accounts").problems() == []
