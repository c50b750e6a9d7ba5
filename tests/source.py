"""The product's own source, parsed, for tests about the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "storage")
Node = TypeVar("Node", bound=ast.AST)


@cache
def sources(*roots: str) -> dict[str, ast.Module]:
    """The modules below folders (or single files) by their path from the root."""
    found = (ROOT / root for root in roots)
    paths = sorted(path for root in found for path in ([root] if root.is_file() else root.rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def nodes(*kinds: type[Node], roots: tuple[str, ...] = PACKAGES) -> Iterator[tuple[str, Node]]:
    """Every node of these kinds with its place, such as "handlers/drafts.py:12"."""
    for path, module in sources(*roots).items():
        for node in ast.walk(module):
            if isinstance(node, kinds):
                yield f"{path}:{getattr(node, 'lineno', 0)}", node


def named(expression: ast.expr | None) -> list[str]:
    """The names in an expression, each by its last part: `(ValueError, socket.error)` → both."""
    if isinstance(expression, ast.Name):
        return [expression.id]
    if isinstance(expression, ast.Attribute):
        return [expression.attr]
    if isinstance(expression, ast.Tuple):
        return [name for part in expression.elts for name in named(part)]
    return []
