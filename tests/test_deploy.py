"""What is in deploy/ works with this program: units that systemd accepts, alerts on metrics that are written, commands that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gemcrawl.cli import metrics
from gemcrawl.cli.app import app, with_values
from gemcrawl.cli.exit_codes import ExitCode
from tests.support.nights import two_nights

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
_PROGRAM: Any = typer.main.get_command(app)
COMMANDS: dict[str, Any] = _PROGRAM.commands
DOCUMENTS = ("index", "extending", "operations", "registry", "schedules")
RULES = yaml.safe_load((DEPLOY / "prometheus/gemcrawl.rules.yml").read_text("utf-8"))["groups"][0]["rules"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the samples that a run writes, with their labels."""
    folder = tmp_path_factory.mktemp("metrics")
    metrics.write(folder / "gemcrawl.prom", two_nights(folder / "output"), code=ExitCode.PUBLISHED, seconds=1)
    families = text_string_to_metric_families((folder / "gemcrawl.prom").read_text("utf-8"))
    return {
        sample.name + "".join(f'{{{name}="{value}"}}' for name, value in sample.labels.items())
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_is_on_metrics_that_are_written(rule: dict[str, Any], written: set[str]) -> None:
    used = re.findall(r"gemcrawl_\w+(?:\{[^}]*\})?", rule["expr"])
    assert used
    assert set(used) <= written
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]


def test_there_is_an_alert_for_what_must_not_go_unnoticed() -> None:
    wanted = {
        "GemcrawlNoSnapshot": "36 * 3600",
        "GemcrawlSuspectNight": f"== {ExitCode.HELD_BACK:d}",
        "GemcrawlMunicipalitiesMissing": "> 0",
    }
    told = {rule["alert"]: rule["expr"] for rule in RULES}
    assert all(part in told[alert] for alert, part in wanted.items())


def test_every_metric_is_documented(written: set[str]) -> None:
    text = (ROOT / "docs/schedules.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)", text, re.MULTILINE)) == {name.split("{")[0] for name in written}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text("utf-8").replace("/opt/gemcrawl/.venv/bin/gemcrawl", sys.executable)
        (tmp_path / unit.name).write_text(text)
    units = [str(path) for path in tmp_path.iterdir() if "@" not in path.name]
    told = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_the_service_does_with_exit_codes_what_is_told() -> None:
    text = (DEPLOY / "systemd/gemcrawl.service").read_text("utf-8")
    once = re.findall(r"^RestartPreventExitStatus=(.+)$", text, re.MULTILINE)[0].split()
    assert [int(code) for code in once] == [ExitCode.USAGE, ExitCode.HELD_BACK, ExitCode.LOCKED]
    assert re.findall(r"^SuccessExitStatus=(.+)$", text, re.MULTILINE) == [str(int(ExitCode.INTERRUPTED))]


def _command_lines(text: str) -> list[str]:
    """What follows the program's name on each line that calls it."""
    found: list[str] = re.findall(r"(?<![\w.=-])gemcrawl ([a-z]+(?: [^\n`>&|;]+)?)", text)
    return [line for line in found if line.split()[0] in COMMANDS]


@pytest.mark.parametrize(
    "file",
    [path for path in [*DEPLOY.rglob("*"), *(ROOT / "docs" / f"{name}.md" for name in DOCUMENTS)] if path.is_file()],
    ids=lambda path: path.name,
)
def test_every_command_line_is_one_that_the_program_takes(file: Path) -> None:
    for line in _command_lines(file.read_text("utf-8")):
        name, *arguments = shlex.split(line.split(" >")[0], comments=True)
        COMMANDS[name].make_context(name, with_values(arguments))


def test_the_command_lines_are_found() -> None:
    """The test above reads what it should."""
    found = {
        name: _command_lines((DEPLOY / name).read_text("utf-8")) for name in ("crontab", "systemd/gemcrawl.service", "ci/gitlab-ci.yml")
    }
    assert [line.split()[0] for line in found["crontab"]] == ["crawl", "crawl", "prune"]
    assert [line.split()[0] for line in found["systemd/gemcrawl.service"]] == ["crawl", "prune"]
    assert [line.split()[0] for line in found["ci/gitlab-ci.yml"]] == ["crawl"]


@pytest.mark.parametrize("name", ["github-actions", "gitlab-ci"])
def test_the_pipelines_say_who_asks_and_end_before_they_are_killed(name: str) -> None:
    text = (DEPLOY / f"ci/{name}.yml").read_text("utf-8")
    told: Any = yaml.safe_load(text)
    assert told
    assert "GEMCRAWL_CONTACT: https://" in text
    assert "--deadline 5h" in text
    assert re.search(r"timeout(-minutes)?: (350|6h)", text)


class TestKubernetes:
    """deploy/kubernetes.yaml; its schema is held against it by hand (docs/dask.md)."""

    OBJECTS: tuple[dict[str, Any], ...] = tuple(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))

    def pods(self) -> dict[str, Any]:
        """The templates of pods by what they are."""
        templates = [told["spec"]["template"] for told in self.OBJECTS if "template" in told["spec"]]
        return {template["metadata"]["labels"]["app.kubernetes.io/component"]: template for template in templates}

    def container(self, component: str) -> dict[str, Any]:
        (found,) = self.pods()[component]["spec"]["containers"]
        return dict(found)

    def test_the_client_s_command_is_one_that_the_program_takes(self) -> None:
        name, *arguments = self.container("client")["args"]
        COMMANDS[name].make_context(name, with_values(arguments))

    @pytest.mark.parametrize("component", ["scheduler", "worker"])
    def test_dask_takes_its_commands(self, component: str) -> None:
        from distributed.cli import dask_scheduler, dask_worker

        program, name, *arguments = self.container(component)["command"]
        assert (program, name) == ("dask", component)
        main = {"scheduler": dask_scheduler, "worker": dask_worker}[component].main
        main.make_context(name, list(arguments))

    def test_they_find_each_other(self) -> None:
        (service,) = [told for told in self.OBJECTS if told["kind"] == "Service"]
        address = f"tcp://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
        assert address in self.container("worker")["command"]
        assert address in self.container("client")["args"]
        assert service["spec"]["selector"] == self.pods()["scheduler"]["metadata"]["labels"]
        (policy,) = [told for told in self.OBJECTS if told["kind"] == "NetworkPolicy"]
        for pod in self.pods().values():
            assert policy["spec"]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()

    def test_as_many_workers_are_asked_for_as_there_are(self) -> None:
        (replicas,) = [told["spec"]["replicas"] for told in self.OBJECTS if told["metadata"]["name"] == "gemcrawl-worker"]
        arguments = self.container("client")["args"]
        assert arguments[arguments.index("--workers") + 1] == str(replicas)

    def test_credentials_are_named_and_not_told(self) -> None:
        for component in ("worker", "client"):
            assert self.container(component)["envFrom"] == [{"secretRef": {"name": "gemcrawl-store"}}]
        assert "envFrom" not in self.container("scheduler")
        assert not any(told["kind"] == "Secret" for told in self.OBJECTS)

    def test_the_image_is_the_one_with_dask(self) -> None:
        assert {self.container(component)["image"] for component in self.pods()} == {"registry.example/gemcrawl:dask"}
        text = (DEPLOY / "Dockerfile").read_text("utf-8")
        assert "requirements/${REQUIREMENTS}.txt" in text
        assert 'ENTRYPOINT ["gemcrawl"]' in text
        assert re.search(r"^distributed==", (ROOT / "requirements/dask.txt").read_text("utf-8"), re.MULTILINE)

    def test_a_job_is_not_tried_again_where_that_mends_nothing(self) -> None:
        (job,) = [told for told in self.OBJECTS if told["kind"] == "Job"]
        (rule,) = job["spec"]["podFailurePolicy"]["rules"]
        assert rule["onExitCodes"]["values"] == [ExitCode.USAGE, ExitCode.HELD_BACK]


def test_the_image_runs_as_nobody_of_importance_with_a_browser() -> None:
    last = (DEPLOY / "Dockerfile").read_text("utf-8").rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", last, re.MULTILINE)
    assert "chromium-headless-shell" in last
    assert last.startswith("debian:13-slim")
