"""A service whose projects are limited, by a table of ours or by a real Keystone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from oslo_config import cfg

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.quota import Limits
from tests.api.stage import Stage
from tests.servers.realm import Credentials


@dataclass
class TableOfLimits:
    """Limits by project; ``ANY`` are those of projects that have none of their own."""

    by_project: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    any_project: Mapping[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_limiting = True

    def of_project(self, project_id: str) -> Limits:
        """As ``LimitSource.of_project``."""
        self.asked.append(project_id)
        return self._find(project_id)

    def of_projects(self) -> Callable[[str], Limits]:
        """As ``LimitSource.of_projects``."""
        return self._find

    def _find(self, project_id: str) -> Limits:
        return Limits({**self.any_project, **self.by_project.get(project_id, {})})


@pytest.fixture
def limits() -> TableOfLimits:
    """Nothing is limited yet."""
    return TableOfLimits()


@pytest.fixture
def stage(tmp_path: Path, limits: TableOfLimits) -> Iterator[Stage]:
    """A service with one host that has more than anybody may hold."""
    stage = Stage(tmp_path, limits=limits)
    stage.add_host("compute-1", handles=16)
    yield stage
    stage.close()


def write_options(directory: Path, credentials: Credentials, **more: str) -> cfg.ConfigOpts:
    """The configuration of a service that asks Keystone for limits as this user."""
    options = {"auth_type": "password", **credentials.render_options(), **more}
    file = directory / f"quota-{threading.get_ident()}.conf"
    lines = [f"{name} = {value}" for name, value in options.items()]
    file.write_text(
        "[quota]\ndriver = unified_limits\nkeep_limits = 0\n[oslo_limit]\n" + "\n".join(lines)
    )
    return make_config([], files=[str(file)])
