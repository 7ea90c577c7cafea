"""The pages people work in. A page is a state, which can be set and read without a browser, and a view of it in HTML.

    open_page("reports")        what a page's notebook calls
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmlib.workbench.screen import Screen


def open_page(name: str) -> Screen:
    """The page of this name, for the user and database in the environment, ready to be shown by Jupyter or Voila."""
    from crmlib.workbench.pages import open_page as open_

    return open_(name)
