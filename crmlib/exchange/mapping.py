"""A mapping: how the files of another system become records here. Written in YAML; `docs/import.md` explains every key.

    system: acme                      # begins the external ids: acme:people:17
    files:
      people:
        file: people.csv
        object: contact
        key: Number
        fields:
          name: [First name, Last name]
          email: E-mail
          account: {column: Company number, key_of: companies}
          owner: {column: Salesman, by: name}

This module knows the shape; `mapping_check` knows what makes sense against the data model.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crmlib.definition import Definition, Source, read_definition
from crmlib.errors import Problem, SetupError, did_you_mean

SHIPPED = Path(__file__).parent
WHOLE_ROW = "whole row"


def _text(value: Any) -> Any:
    """A text of a file as written in YAML: 0 is '0', but YAML reads an unquoted No as false, and then nobody knows what it was."""
    if isinstance(value, bool):
        raise ValueError("write Yes, No, On, Off, True and False in quotes where they stand in a file")
    return str(value).strip() if isinstance(value, int | float) else value


def _texts(value: Any) -> Any:
    return [_text(one) for one in value] if isinstance(value, list | tuple) else [_text(value)]


def _keyed_by_text(value: Any) -> Any:
    return {_text(key): to for key, to in value.items()} if isinstance(value, dict) else value


def _conditions(value: Any) -> Any:
    return {_text(column): _texts(texts) for column, texts in value.items()} if isinstance(value, dict) else value


def _source_name(name: str) -> str:
    if not name.replace("_", "").isalnum() or name != name.lower():
        raise ValueError("use lower case letters, digits and _")
    return name


Columns = Annotated[tuple[str, ...], BeforeValidator(_texts)]
SourceName = Annotated[str, AfterValidator(_source_name)]


class FieldMapping(Definition):
    """Where a field's value comes from. `name: Company` is short for `name: {column: Company}`."""

    column: Columns = ()
    first_of: Columns = ()
    constant: Any = None
    default: Any = None
    values: Annotated[dict[str, Any], BeforeValidator(_keyed_by_text)] = Field(default_factory=dict)
    once: bool = False
    dates: str | None = None
    only_if: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_conditions)] = Field(default_factory=dict)
    key_of: str | None = None
    by: Columns = ()
    add: int = 0
    missing: Literal["warn", "reject", "ignore"] = "warn"

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return value if isinstance(value, dict | FieldMapping) else {"column": value}

    @property
    def is_fixed(self) -> bool:
        """Whether the file says nothing about the value: it is then set only in new records."""
        return self.constant is not None and not self.only_if

    @property
    def columns_used(self) -> tuple[str, ...]:
        return (*self.column, *self.first_of, *self.only_if)


class AddedColumns(Definition):
    """Columns of another file's row, found by values both have: `match` is {its column: our column}."""

    look_in: str
    match: dict[str, str]
    take: tuple[str, ...]
    add: int = 0


class ParentByTotal(Definition):
    """For lines whose file lost the number of their order: see `line_parents`."""

    parent: str
    total: str
    line_total: str
    column: str
    tolerance: Decimal = Decimal("0.02")


class FileMapping(Definition):
    """One CSV file, or rows written in the mapping itself, and the object its rows become."""

    file: str | None = None
    rows: tuple[dict[str, Any], ...] = ()
    object: str
    key: Columns
    fields: dict[str, FieldMapping] = Field(default_factory=dict)
    dates: str | None = None
    only_rows_with: Columns = ()
    repeats: bool = False
    same_as_existing: str | None = None
    add_columns: tuple[AddedColumns, ...] = ()
    parent_by_total: ParentByTotal | None = None
    ignored_columns: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _file_or_rows(self) -> FileMapping:
        if bool(self.file) == bool(self.rows):
            raise ValueError("give either 'file' or 'rows'")
        return self

    @property
    def all_fields(self) -> dict[str, FieldMapping]:
        """Rows written in the mapping are already in the words of our fields, and made only once."""
        if self.fields or not self.rows:
            return self.fields
        return {name: FieldMapping(column=(name,), once=True) for row in self.rows for name in row}

    def columns_from(self, sources: Collection[str]) -> set[str]:
        """Columns that `add_columns` takes from these files."""
        return {column for added in self.add_columns if added.look_in in sources for column in added.take}

    @property
    def whole_row_is_key(self) -> bool:
        return self.key == (WHOLE_ROW,)


class DateFormat(Definition):
    """How a file writes moments, in the codes of Python's strptime. `spelled: "%d %b, %Y"` is short for `{format: "%d %b, %Y"}`."""

    format: str
    time_zone: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"format": value} if isinstance(value, str) else value


class Mapping(Definition):
    """All files of one export."""

    system: SourceName
    label: str = ""
    time_zone: str | None = None
    date_formats: dict[str, DateFormat] = Field(default_factory=dict)
    decimal_mark: Literal[".", ","] = "."
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    files: dict[SourceName, FileMapping]
    ignored_files: dict[str, str] = Field(default_factory=dict)

    def external_id(self, source: str, key: str = "") -> str:
        return f"{self.system}:{source}:{key}"

    def position(self, source: str) -> int:
        """Files are loaded in the order of the mapping."""
        return list(self.files).index(source)


def shipped_mappings() -> list[str]:
    """Names of the mappings that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def read_mapping(name_or_path: str) -> tuple[Mapping, Source]:
    """A shipped mapping by name, or a YAML file by its path. Raises DefinitionError with every problem of shape."""
    path = Path(name_or_path)
    if name_or_path in shipped_mappings():
        path = SHIPPED / f"{name_or_path}.yaml"
    elif path.suffix not in (".yaml", ".yml"):
        known = shipped_mappings()
        raise SetupError(Problem("unknown-mapping", f"there is no mapping {name_or_path!r}",
                                 hint=did_you_mean(name_or_path, known) or f"known: {', '.join(known)}; or give the path of a .yaml file"))
    return read_definition(path, Mapping)
