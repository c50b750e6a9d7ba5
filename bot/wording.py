"""Replies become text: the only place where chat templates are rendered."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from handlers.messages import Reply

CHAT = Path(__file__).parent.parent / "templates" / "chat"
_GAPS = re.compile(r"\n{3,}")


class Wording:
    """Renders lines from a folder of templates; each is compiled once.

    What people typed reaches a template only as a value, so it can never be a template itself.
    """

    def __init__(self, folder: Path = CHAT, *, public_url: str = "") -> None:
        """`public_url` is where this server's pages are, for the links in messages."""
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.globals["public_url"] = public_url
        self._templates: dict[str, Template] = {}

    def _template(self, name: str) -> Template:
        template = self._templates.get(name)
        if template is None:
            template = self._templates[name] = self._environment.get_template(f"{name}.txt")
            # A plain mapping: jinja copies it for every rendering, and its own chain is slow to copy.
            template.globals = dict(template.globals)
        return template

    def text(self, reply: Reply) -> str:
        """The whole reply as paragraphs; "" when there is nothing to say."""
        rendered = (self._template(line.template).render(line.context).strip() for line in reply.lines)
        return _GAPS.sub("\n\n", "\n\n".join(part for part in rendered if part))
