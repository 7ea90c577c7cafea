"""Whose records are seen: by owner, role, parent and default, in rows, totals, drill-downs, counts and lookups of reports."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crmlib.errors import InvalidData
from crmlib.model.org import Org
from crmlib.records.records import Records
from crmlib.reports.definition import ReportType
from crmlib.reports.run_report import explain, prepare
from crmlib.security.first_start import ensure_administrator
from tests.conftest import TODAY, add
from tests.reports.asking import ask, figures, report, rows, view_of
from tests.security.world import AMOUNTS, LONG_AGO, READ_SALES, World, make_world

D = Decimal
SEEN = {"dora": ["dora", "max", "mia", "tom"], "tom": ["max", "mia", "tom"], "mia": ["mia"], "max": ["max"], "sue": ["sue"], "zoe": []}
"""Opportunities are private: one's own and those of roles below; not those of one's peers."""


class TestOwnersAndRoles:
    """Everybody may read all objects of selling; each deal has one line of its amount, each account one contact."""

    @pytest.fixture(scope="class")
    @classmethod
    def world(cls, shared: Org) -> World:
        world = make_world(shared)
        world.grant(*SEEN, objects=READ_SALES)
        for username, deal in world.deals.items():
            add(shared, "opportunity_line_item", name=username, opportunity=deal, total_price=AMOUNTS[username])
            add(shared, "task", name=username, opportunity=deal, account=world.accounts[username])
            add(shared, "contact", name=username, account=world.accounts[username])
        add(shared, "opportunity", name="nobody's", stage=1, close_date=TODAY, amount=5)
        return world

    @pytest.mark.parametrize("username", SEEN)
    def test_rows_and_totals(self, world: World, username: str) -> None:
        result = ask(world.org, "opportunities", user=world.access(username), columns=["name"], sort=["name"],
                     show=["amount:sum", "amount:largest", "owner:unique", "record_count"])
        amounts = [D(AMOUNTS[one]) for one in SEEN[username]]
        assert rows(result) == SEEN[username]
        assert figures(result)[()] == (sum(amounts), max(amounts, default=None), len(amounts), len(amounts))

    @pytest.mark.parametrize("username", SEEN)
    def test_scopes(self, world: World, username: str) -> None:
        """One's own; one's own and those of roles below. Of accounts, which all may see, as of deals."""
        user = world.access(username)
        for report_type in ("opportunities", "accounts"):
            assert rows(ask(world.org, report_type, user=user, columns=["name"], scope="mine")) == [username] * (username in AMOUNTS)
            assert rows(ask(world.org, report_type, user=user, columns=["name"], sort=["name"], scope="team")) == SEEN[username]

    @pytest.mark.parametrize("username", SEEN)
    def test_related_records_that_are_not_seen_are_not_there(self, world: World, username: str) -> None:
        user = world.access(username)
        for without, expected in ((False, SEEN[username]), (True, sorted(set(AMOUNTS) - set(SEEN[username])))):
            where = [{"related": "opportunities", "without": without, "filters": [{"related": "line_items"}]}]
            assert rows(ask(world.org, "accounts", user=user, columns=["name"], sort=["name"], where=where)) == expected

    @pytest.mark.parametrize("username", SEEN)
    def test_groups_and_drill_downs(self, world: World, username: str) -> None:
        user = world.access(username)
        result = ask(world.org, "opportunities", user=user, by=["owner"], show=["record_count"], columns=["name"])
        assert {group.label.lower() for group in result.groups} == set(SEEN[username])
        for other, owner in world.users.items():
            drilled = ask(world.org, "opportunities", user=user, by=["owner"], show=["record_count"], columns=["name"], within=(owner,))
            assert [row.values[0] for row in drilled.details] == [other] * (other in SEEN[username])

    @pytest.mark.parametrize("username", SEEN)
    def test_what_a_parent_controls_is_seen_with_it(self, world: World, username: str) -> None:
        result = ask(world.org, "opportunity_line_items", user=world.access(username), columns=["name"], sort=["name"],
                     show=["total_price:sum"])
        assert rows(result) == SEEN[username]
        assert result.grand_total == {"total_price:sum": D(sum(AMOUNTS[one] for one in SEEN[username]))}

    @pytest.mark.parametrize("username", SEEN)
    def test_children_that_are_not_seen_are_not_counted(self, world: World, username: str) -> None:
        """All accounts are seen; of their deals only one's own. An account whose deal is hidden stands there without any."""
        outer = ReportType.model_validate({"label": "T", "primary_object": "account", "related_objects": [
            {"relationship": "opportunities"}, {"relationship": "opportunities.line_items"}]})
        result = ask(world.org, outer, user=world.access(username), by=["name"], show=[
            "opportunities.id:record_count", "opportunities.amount:sum", "opportunities.line_items.total_price:sum",
            "opportunities.owner:unique", "id:record_count", "record_count"])
        for one, amount in AMOUNTS.items():
            seen = one in SEEN[username]
            assert figures(result)[(one,)] == (int(seen), D(amount * seen), D(amount * seen), int(seen), 1, 1)

    @pytest.mark.parametrize("username", SEEN)
    def test_with_leaves_out_parents_of_hidden_children(self, world: World, username: str) -> None:
        result = ask(world.org, "accounts_with_opportunities", user=world.access(username), columns=["name"], sort=["name"])
        assert rows(result) == SEEN[username]

    @pytest.mark.parametrize("username", SEEN)
    def test_a_lookup_to_a_hidden_record_is_blank(self, world: World, username: str) -> None:
        """All tasks are seen, but not the deals they are about: neither name nor amount, and not as a group."""
        user = world.access(username)
        result = ask(world.org, "tasks", user=user, columns=["opportunity", "opportunity.amount", "opportunity.owner"], sort=["name"])
        assert rows(result) == [(one, D(AMOUNTS[one]), one.title()) if one in SEEN[username] else (None, None, None)
                                for one in sorted(AMOUNTS)]
        grouped = ask(world.org, "tasks", user=user, by=["opportunity"], show=["opportunity.amount:sum", "opportunity:unique"])
        assert {group.label for group in grouped.groups} - {"(blank)"} == set(SEEN[username])
        assert figures(grouped)[()] == (D(sum(AMOUNTS[one] for one in SEEN[username])), len(SEEN[username]))
        hidden = ask(world.org, "tasks", user=user, columns=["name"], where=[("opportunity.amount", "greater_than", 0)], sort=["name"])
        assert rows(hidden) == SEEN[username]

    def test_explain_says_why(self, world: World) -> None:
        asked = report("opportunities_with_line_items", columns=["name"])
        told = explain(prepare(asked, view_of(world.org.schema, asked.report_type), world.org, world.access("tom"), TODAY), world.org)
        assert "Opportunities owned by tom or by a role below theirs" in told
        assert "Opportunity Line Items are visible with their Opportunity" in told


class TestWhatTheCompanyChanged:
    """Each object's default may be overridden; "view all" goes past it."""

    @pytest.fixture
    def world(self, org: Org) -> World:
        world = make_world(org)
        world.grant("mia", "tom", objects=READ_SALES)
        return world

    def seen(self, world: World, username: str, object_plural: str = "opportunities") -> list[str]:
        return rows(ask(world.org, object_plural, user=world.access(username), columns=["name"], sort=["name"]))

    @pytest.mark.parametrize(("level", "expected"), [("read", sorted(AMOUNTS)), ("private", ["mia"]), ("parent", ["mia"])])
    def test_opportunities(self, world: World, level: str, expected: list[str]) -> None:
        add(world.org, "sharing_default", name="opportunity", level=level)
        assert self.seen(world, "mia") == expected

    def test_accounts_made_private(self, world: World) -> None:
        add(world.org, "sharing_default", name="account", level="private")
        assert self.seen(world, "mia", "accounts") == ["mia"]
        assert self.seen(world, "tom", "accounts") == ["max", "mia", "tom"]
        assert rows(ask(world.org, "opportunities", user=world.access("tom"), columns=["account.industry"])) == ["Energy"] * 3

    def test_an_override_in_the_recycle_bin_is_none(self, world: World) -> None:
        add(world.org, "sharing_default", name="account", level="private", deleted_at=LONG_AGO)
        assert self.seen(world, "mia", "accounts") == sorted(AMOUNTS)

    def test_view_all(self, world: World) -> None:
        world.grant("mia", objects={"opportunity": "view_all"}, fields=())
        assert self.seen(world, "mia") == sorted(AMOUNTS)
        assert self.seen(world, "tom") == ["max", "mia", "tom"]

    def test_view_all_without_read_gives_nothing(self, world: World) -> None:
        add(world.org, "sharing_default", name="task", level="private")
        world.grant("sue", objects={"opportunity": "view_all", "task": "read"})
        add(world.org, "task", name="call back", opportunity=world.deals["mia"], owner=world.users["sue"])
        assert rows(ask(world.org, "tasks", user=world.access("sue"), columns=["opportunity.amount", "name"])) == ["call back"]

    def test_a_moved_role_sees_what_is_below_it_now(self, world: World) -> None:
        world.grant("zoe", objects={"role": "read edit edit_all"})
        records = Records(world.org, world.access("zoe"))
        records.update("role", world.roles["Support"], parent=world.roles["Manager"])
        assert self.seen(world, "tom") == ["max", "mia", "sue", "tom"]
        assert self.seen(world, "mia") == ["mia", "sue"]
        with pytest.raises(InvalidData) as error:
            records.update("role", world.roles["Director"], parent=world.roles["Support"])
        assert error.value.codes == ["role-cycle"]
        assert self.seen(world, "tom") == ["max", "mia", "sue", "tom"]


class TestRecycleBin:
    """What is deleted is nowhere: not as a row, not as a child, not through a lookup."""

    @pytest.fixture(scope="class")
    @classmethod
    def world(cls, shared: Org) -> World:
        world = make_world(shared)
        ensure_administrator(shared)
        world.grant("dora", objects={"*": "read view_all"})
        add(shared, "opportunity", name="gone", account=world.accounts["mia"], stage=1, close_date=TODAY, amount=7, deleted_at=LONG_AGO)
        gone = add(shared, "account", name="gone", industry="Banking", deleted_at=LONG_AGO)
        add(shared, "opportunity", name="left over", account=gone, stage=1, close_date=TODAY, amount=50000)
        add(shared, "contact", name="of mia", account=world.accounts["mia"])
        add(shared, "contact", name="gone", account=world.accounts["mia"], deleted_at=LONG_AGO)
        return world

    def test_rows_and_totals(self, world: World) -> None:
        result = ask(world.org, "opportunities", user=world.access("dora"), columns=["name"], sort=["name"],
                     show=["amount:sum", "record_count"])
        assert rows(result) == ["dora", "left over", "max", "mia", "sue", "tom"]
        assert figures(result)[()] == (D("61111.00"), 6)

    def test_children(self, world: World) -> None:
        both = ReportType.model_validate({"label": "T", "primary_object": "account", "related_objects": [
            {"relationship": "opportunities"}, {"relationship": "contacts"}]})
        result = ask(world.org, both, user=world.access("dora"), by=["name"], where=[("name", "equals", ["mia", "gone"])],
                     show=["opportunities.id:record_count", "contacts.id:record_count", "opportunities.amount:sum"])
        assert figures(result) == {("mia",): (1, 1, D("100.00")), (): (1, 1, D("100.00"))}

    def test_lookups(self, world: World) -> None:
        user = world.access("dora")
        largest = ask(world.org, "opportunities", user=user, columns=["account", "account.industry"], sort=["-amount"], limit=1)
        assert rows(largest) == [(None, None)]
        assert rows(ask(world.org, "opportunities", user=user, columns=["name"], where=[("account", "equals", "")])) == ["left over"]
        assert figures(ask(world.org, "opportunities", user=user, by=["account.industry"], show=["account:unique", "record_count"])) == {
            ("(blank)",): (0, 1), ("Energy",): (5, 5), (): (5, 6)}
