"""A CRM reporting workbench. `crmlib.connect()` is where to begin; importing it stays light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmlib.workspace import Workspace, connect

__all__ = ["Workspace", "connect"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from crmlib import workspace

        return getattr(workspace, name)
    raise AttributeError(f"module 'crmlib' has no attribute {name!r}")
