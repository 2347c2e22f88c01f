"""What the newest published snapshot knows of the forms of every municipality: the next survey goes there first."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from gemcrawl.exceptions import OutputError
from gemcrawl.items import IN_SCOPE
from gemcrawl.places import read_table
from gemcrawl.snapshot.read import latest
from gemcrawl.survey.previous import KnownForm

if TYPE_CHECKING:
    from gemcrawl.places import Place

logger = logging.getLogger(__name__)


def known_forms(output: Place) -> dict[str, tuple[KnownForm, ...]]:
    """Appointment and contact forms of the newest snapshot in ``output``, by municipality; empty when there is none that can be read."""
    try:
        file = latest(output) / "forms.parquet"
        columns = ["municipality", "kind", "page_url", "entry_url", "frame_urls"]
        table = read_table(file, columns, pc.field("kind").isin(sorted(IN_SCOPE)))
    except OutputError:
        return {}
    except (OSError, pa.ArrowException) as failure:
        logger.warning("the newest snapshot in %s tells nothing about its forms: %s", output, failure)
        return {}
    found: dict[str, tuple[KnownForm, ...]] = {}
    for row in table.to_pylist():
        # A framed form is reached through the page that frames it.
        page = row["frame_urls"][0] if row["frame_urls"] else row["page_url"]
        form = KnownForm(row["kind"], page, row["entry_url"] if row["entry_url"] != page else None)
        found[row["municipality"]] = (*found.get(row["municipality"], ()), form)
    return found


def survey_seconds(output: Place) -> dict[str, float]:
    """How long every municipality took in the newest snapshot in ``output``; empty when there is none that can be read."""
    try:
        table = read_table(latest(output) / "municipalities.parquet", ["code", "started_at", "finished_at"])
    except OutputError:
        return {}
    except (OSError, pa.ArrowException) as failure:
        logger.warning("the newest snapshot in %s tells nothing about durations: %s", output, failure)
        return {}
    return {row["code"]: (row["finished_at"] - row["started_at"]).total_seconds() for row in table.to_pylist()}
