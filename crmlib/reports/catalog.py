"""The definitions of one org: its report types (standard and custom) and its saved reports, kept as YAML files.

    report_types/<name>.yaml                      custom report types
    report_types/buckets/<object>.yaml            buckets that every report type with this object has
    report_types/reports/<folder>/<name>.yaml     reports; "folder/name" is a report's path
    report_types/.trash/                          what was deleted, until it is restored

Files, so that analysts can read, compare, keep and review them with the tools they have.
"""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crmlib.definition import NOWHERE, Definition, Source, read_definition
from crmlib.errors import DefinitionError, NotFound, Problem, did_you_mean
from crmlib.model.schema import Schema
from crmlib.reports.definition import Report, ReportType, SharedBuckets, to_yaml
from crmlib.reports.report_types import ReportTypeView, Shared, check_report_type, check_shared_buckets, standard_report_types

JOINED = "joined report"
"""What stands for the report type of a report that has one for each of its blocks."""

LONGEST_NAME = 200
"""Bytes in UTF-8; file systems take 255, and an ending comes after it."""

AnyDefinition = TypeVar("AnyDefinition", bound=Definition)


@dataclass(frozen=True)
class SavedReport:
    """A report as listed. `path` is "folder/name"."""

    folder: str
    name: str
    label: str
    description: str
    report_type: str
    problems: tuple[Problem, ...] = ()

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}"


class Catalog:
    """Report types and reports of one folder, on one schema. Files are read again only when they changed."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self.folder = folder
        self.schema = schema
        self._buckets = folder / "buckets"
        self._shared: tuple[object, Shared, dict[str, ReportTypeView]] | None = None
        self._read: dict[Path, tuple[tuple[int, ...], tuple[Definition, Source]]] = {}

    # Buckets for every report type

    @property
    def shared(self) -> Shared:
        """By object and name. Files with faults are left to `check_buckets`."""
        return self._with_standard[0]

    def bucket_files(self) -> list[str]:
        """By the names of their objects."""
        return sorted(file.stem for file in self._buckets.glob("*.yaml"))

    def check_buckets(self, object_name: str) -> Iterator[Problem]:
        """Every fault of the file of an object's buckets."""
        try:
            definition, source = self._definition(self._buckets / f"{object_name}.yaml", SharedBuckets)
        except DefinitionError as error:
            yield from error.problems
            return
        if object_name not in self.schema:
            yield Problem("unknown-object", f"there is no object {object_name!r}", source.place(),
                          did_you_mean(object_name, self.schema.names) or "call the file as the object")
            return
        for index, problem in check_shared_buckets(definition, object_name, self.schema):
            yield Problem(problem.code, problem.message, source.place("buckets", index), problem.hint)

    @property
    def _with_standard(self) -> tuple[Shared, dict[str, ReportTypeView]]:
        """The shared buckets and the standard report types with them, made anew when a file changed."""
        stamps = _stamps(self._buckets)  # of all at once, since this is asked for every report type
        if self._shared is None or self._shared[0] != stamps:
            files = {name: self._definition(self._buckets / f"{name}.yaml", SharedBuckets)[0]
                     for name in self.bucket_files() if not list(self.check_buckets(name))}
            shared = {name: {bucket.name: bucket for bucket in file.buckets} for name, file in files.items()}
            self._shared = stamps, shared, standard_report_types(self.schema, shared)
        return self._shared[1:]

    @property
    def _standard(self) -> dict[str, ReportTypeView]:
        return self._with_standard[1]

    # Report types

    def report_types(self) -> list[ReportTypeView]:
        """All that can be used: custom ones by label, then standard ones. Those with faults are left to `check`."""
        custom = [self._custom(file) for file in self._type_files() if not list(self.check_report_type(file.stem))]
        return sorted(custom, key=lambda view: view.label) + list(self._standard.values())

    def report_type(self, name: str) -> ReportTypeView:
        """Raises NotFound with the nearest name, DefinitionError with every fault of its file."""
        file = self.folder / f"{name}.yaml"
        if is_name(name) and file.exists():
            problems = list(self.check_report_type(name))
            if problems:
                raise DefinitionError(problems)
            return self._custom(file)
        if name in self._standard:
            return self._standard[name]
        known = [*self._standard, *(file.stem for file in self._type_files())]
        raise NotFound(Problem("unknown-report-type", f"there is no report type {name!r}", hint=did_you_mean(name, known)))

    def check_report_type(self, name: str) -> Iterator[Problem]:
        """Every fault of a custom report type's file."""
        try:
            _checked(name)
            definition, source = self._definition(self.folder / f"{name}.yaml", ReportType)
        except DefinitionError as error:
            yield from error.problems
            return
        if name in self._standard:
            yield Problem("name-taken", f"{name!r} is the name of a standard report type", source.place(), "rename the file")
        for place, problem in check_report_type(definition, self.schema, name, self.shared):
            yield Problem(problem.code, problem.message, source.place(*place), problem.hint)

    def custom_names(self) -> list[str]:
        return [file.stem for file in self._type_files()]

    def problems_of(self, definition: ReportType) -> list[Problem]:
        """Every fault of a report type that is not in a file yet; `where` is the dotted place."""
        return [Problem(problem.code, problem.message, NOWHERE.place(*place), problem.hint)
                for place, problem in check_report_type(definition, self.schema, shared=self.shared)]

    def save_report_type(self, definition: ReportType, name: str, overwrite: bool = False) -> Path:
        """Write a custom report type. Raises DefinitionError with every fault, or when the name is taken."""
        problems = self.problems_of(definition)
        if name in self._standard:
            problems.append(Problem("name-taken", f"{name!r} is the name of a standard report type", "name"))
        if problems:
            raise DefinitionError(problems)
        return self._write(self.folder / f"{_checked(name)}.yaml", definition, overwrite)

    # Reports

    def reports(self) -> list[SavedReport]:
        """All saved reports by folder and label; those that can't be read say so in `problems`."""
        found = []
        for file in sorted(self._reports_folder.glob("*/*.yaml")):
            try:
                _checked(file.parent.name), _checked(file.stem)
                report, _ = self._definition(file, Report)
                found.append(SavedReport(file.parent.name, file.stem, report.label, report.description, report.report_type or JOINED))
            except DefinitionError as error:
                found.append(SavedReport(file.parent.name, file.stem, file.stem, "", "", error.problems))
        return sorted(found, key=lambda saved: (saved.folder, saved.label))

    def load(self, path: str) -> tuple[Report, Source]:
        """A saved report and where its parts stand. Raises NotFound with the nearest path, DefinitionError with its faults of shape."""
        file = self._report_file(path)
        if not file.exists():
            known = [f"{file.parent.name}/{file.stem}" for file in self._reports_folder.glob("*/*.yaml")]
            raise NotFound(Problem("unknown-report", f"there is no report {path!r}", hint=did_you_mean(path, known)))
        return self._definition(file, Report)

    def save(self, report: Report, folder: str, name: str, overwrite: bool = False) -> str:
        """Write a report; its path. Raises DefinitionError when the name is taken and may not be overwritten."""
        self._write(self._reports_folder / _checked(folder) / f"{_checked(name)}.yaml", report, overwrite)
        return f"{folder}/{name}"

    def delete(self, path: str) -> str:
        """Put a report into the trash; a token with which `restore` brings it back."""
        file = self._report_file(path)
        if not file.exists():
            raise NotFound(Problem("unknown-report", f"there is no report {path!r}"))
        stamp = str(time.time_ns())
        kept = self._trash / stamp / file.parent.name
        kept.mkdir(parents=True)
        file.rename(kept / file.name)
        return f"{stamp}/{path}"

    def restore(self, token: str) -> str:
        """Bring a deleted report back; its path. Raises NotFound, or DefinitionError when its name was given away meanwhile."""
        stamp, _, path = token.partition("/")
        target = self._report_file(path)
        file = self._trash / stamp / target.parent.name / target.name
        if not stamp.isdecimal() or not file.is_file():
            raise NotFound(Problem("unknown-report", "there is nothing to restore"))
        if target.exists():
            raise DefinitionError(Problem("name-taken", f"there is another report {path} by now", hint="rename that one first"))
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
        return path

    @property
    def folders(self) -> list[str]:
        return sorted(folder.name for folder in self._reports_folder.glob("*") if folder.is_dir())

    # Files

    @property
    def _reports_folder(self) -> Path:
        return self.folder / "reports"

    @property
    def _trash(self) -> Path:
        return self.folder / ".trash"

    def _type_files(self) -> list[Path]:
        return sorted(self.folder.glob("*.yaml"))

    def _report_file(self, path: str) -> Path:
        folder, _, name = path.partition("/")
        return self._reports_folder / _checked(folder) / f"{_checked(name)}.yaml"

    def _custom(self, file: Path) -> ReportTypeView:
        definition, _ = self._definition(file, ReportType)
        return ReportTypeView(file.stem, definition, self.schema, shared=self.shared)

    def _definition(self, file: Path, model: type[AnyDefinition]) -> tuple[AnyDefinition, Source]:
        stamp = _stamp(file)
        if file not in self._read or self._read[file][0] != stamp:
            self._read[file] = stamp, read_definition(file, model, str(file.relative_to(self.folder)))
        return self._read[file][1]  # type: ignore[return-value]

    def _write(self, file: Path, definition: Report | ReportType, overwrite: bool) -> Path:
        if file.exists() and not overwrite:
            raise DefinitionError(Problem("name-taken", f"there is {file.stem!r} already in {file.parent.name}", "name",
                                          "choose another name, or overwrite it"))
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(to_yaml(definition), encoding="utf-8")
        os.replace(draft, file)
        self._read.pop(file, None)
        return file


def _stamp(file: Path | os.DirEntry[str]) -> tuple[int, ...]:
    """By which a changed file is known; () if it is not there."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _stamps(folder: Path) -> frozenset[tuple[str, tuple[int, ...]]]:
    """Those of all files in a folder, with their names."""
    try:
        with os.scandir(folder) as entries:
            return frozenset((entry.name, _stamp(entry)) for entry in entries)
    except FileNotFoundError:
        return frozenset()


def is_name(name: str) -> bool:
    """Whether a report, report type or folder may be called so: letters, marks and digits of any script, - and _.

    So that no name leaves its folder.
    """
    kinds = [unicodedata.category(character)[0] for character in name]  # L letter, M mark (a vowel of Bengali), N number
    allowed = all(kind in "LMN" or character in "-_" for kind, character in zip(kinds, name, strict=True))
    return allowed and kinds[:1] in (["L"], ["N"]) and len(name.encode()) <= LONGEST_NAME


def _checked(name: str) -> str:
    if not is_name(name):
        raise DefinitionError(Problem("bad-name", f"{name!r} is not a name for a file or folder", "name",
                                      "use letters, digits, - and _, beginning with a letter or digit"))
    return name


def name_for(label: str) -> str:
    """A file name for a label: 'Pipeline by stage' becomes 'pipeline_by_stage'. Letters of any script stay."""
    words = "".join(character if is_name(f"a{character}") else "_" for character in label.lower())
    name = re.sub("_+", "_", words).encode()[:LONGEST_NAME].decode(errors="ignore")
    return re.sub(r"^[\W_]+|[-_]+$", "", name) or "report"
