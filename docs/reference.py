"""Pages of the documentation that are made from the code: data dictionary, commands, settings; a hook of MkDocs."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gemcrawl import settings
from gemcrawl.cli.app import app
from gemcrawl.items import TABLES, Recheck
from gemcrawl.snapshot.descriptor import table_schema
from gemcrawl.snapshot.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY = "https://github.com/gemcrawl/gemcrawl/blob/main"
FROM_ROOT = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
"""Pages that live beside the code."""


def on_files(files: Any, config: Any) -> Any:
    """Called by MkDocs: adds the pages that are no files in docs/."""
    from mkdocs.structure.files import File

    made = {"reference/data.md": data_dictionary(), "reference/commands.md": commands(), "reference/settings.md": all_settings()}
    for name, text in (made | {name: (ROOT / name).read_text("utf-8") for name in FROM_ROOT}).items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by MkDocs: links to files beside docs/ lead to the repository, and links into docs/ to the pages."""
    if page.file.src_uri in FROM_ROOT:
        markdown = re.sub(r"\]\(docs/([a-z]+\.md)", r"](\1", markdown)
    return re.sub(r"\]\(\.\./([^)]+)\)", rf"]({REPOSITORY}/\1)", markdown)


def data_dictionary() -> str:
    """Every column of every table, from `gemcrawl.items`."""
    lines = [
        "# Data dictionary",
        "",
        f"Version {SCHEMA_VERSION} of the tables. A name with a point is a member of the column before it; `[]` is each element of a list.",
        "",
    ]
    for name, row_type in {**TABLES, "rechecks": Recheck}.items():
        described = " ".join((row_type.__doc__ or "").split())
        lines += [f"## {name}", "", described, "", "| column | type | may be null | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{path}` | {kind} | {'yes' if null else 'no'} | {_cell(meaning)} |"
            for path, kind, null, meaning in _columns(table_schema(row_type)["fields"])
        ]
        lines.append("")
    return "\n".join(lines)


def _columns(fields: list[dict[str, Any]], before: str = "") -> Iterator[tuple[str, str, bool, str]]:
    for field in fields:
        path, element = before + field["name"], field.get("arrayItem", {})
        constraints = field.get("constraints", {})
        values = constraints.get("enum") or element.get("constraints", {}).get("enum") or ()
        kind = f"list of {element['type']}" if element else field["type"]
        meaning = field.get("description", "") + (f" (one of: {', '.join(f'`{value}`' for value in values)})" if values else "")
        yield path, kind, not constraints.get("required", False), meaning
        yield from _columns(field.get("fields", []), f"{path}.")
        yield from _columns(element.get("fields", []), f"{path}[].")


def commands() -> str:
    """The help of every command."""
    lines = [
        "# Commands",
        "",
        "`gemcrawl COMMAND --help` says the same in the terminal. Exit codes are explained in [operations](../operations.md#exit-codes).",
        "",
    ]
    program: Any = typer.main.get_command(app)
    for name, command in sorted(program.commands.items()):
        lines += [f"## gemcrawl {name}", "", _prose(command.help or ""), "", "| option | default | meaning |", "|---|---|---|"]
        for parameter in command.params:
            lines.append(f"| {_spelled(parameter)} | {_default(parameter)} | {_cell(getattr(parameter, 'help', None) or '')} |")
        lines.append("")
    return "\n".join(lines)


def _spelled(parameter: Any) -> str:
    names = (*parameter.opts, *parameter.secondary_opts) if parameter.param_type_name == "option" else (parameter.name.upper(),)
    return ", ".join(f"`{name}`" for name in names)


def _default(parameter: Any) -> str:
    value = parameter.default
    return "" if value in (None, False, "", []) or callable(value) else f"`{getattr(value, 'value', value)}`"


def _prose(text: str) -> str:
    """Help as the terminal shows it, with its example as code."""
    return re.sub(r"^\s*Example: (.+)$", r"Example: `\1`", re.sub(r"[ \t]+", " ", text), flags=re.MULTILINE)


def all_settings() -> str:
    """Every setting that differs from Scrapy's default, or is gemcrawl's own, with its value and reason."""
    source = (ROOT / "gemcrawl/settings.py").read_text("utf-8")
    by_line = source.splitlines()
    lines = [
        "# Settings",
        "",
        "Of `gemcrawl/settings.py`. Options of the command line are laid over them; `scrapy crawl forms -s NAME=VALUE` sets any of them.",
        "",
    ]
    lines += ["| setting | value | what and why |", "|---|---|---|"]
    for node in ast.walk(ast.parse(source)):
        name = _name(node)
        if name is None or not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        reason = by_line[node.lineno - 1].partition("  # ")[2]
        above = by_line[node.lineno - 2]
        if not reason and above.startswith("# ") and not above.startswith("# ---"):
            reason = above.removeprefix("# ")
        lines.append(f"| `{name}` | `{_cell(ast.unparse(node.value))}` | {_cell(reason)} |")
        assert hasattr(settings, name)
    return "\n".join(lines) + "\n"


def _name(node: ast.AST) -> str | None:
    """The setting that a statement gives a value."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) and target.id.isupper() else None


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
