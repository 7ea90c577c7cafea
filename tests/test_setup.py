"""What `make` installs: every package in one named version, and nothing that came from somewhere special."""

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
VERSIONS = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in LOCK)}


def requirements_of(name: str, extras: set[str]) -> list[Requirement]:
    """What an installed package asks for on this machine, with these extras."""
    wanted = [Requirement(text) for text in distribution(name).requires or ()]
    return [requirement for requirement in wanted
            if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras | {""})]


def test_every_line_of_the_lock_is_a_name_and_a_version() -> None:
    assert [line for line in LOCK if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert len(VERSIONS) == len(LOCK)


def test_the_lock_names_all_that_is_needed_in_versions_that_fit() -> None:
    """Followed from pyproject.toml through everything that is asked for. After a change of dependencies: make lock."""
    to_do, seen, wrong = [("crmlib", frozenset({"test"}))], set(), []
    while to_do:
        name, extras = to_do.pop()
        for requirement in requirements_of(name, set(extras)):
            needed = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            version = VERSIONS.get(needed[0])
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                wrong.append(f"{name} needs {requirement}, the lock has {version}")
            elif needed not in seen:
                seen.add(needed)
                to_do.append(needed)
    assert wrong == []
