"""Holding policy rules against callers."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg
from oslo_policy import policy

from cyborg_rr.api.context import Context
from cyborg_rr.domain.errors import Forbidden


class Authorizer:
    """The service's policy: defaults in code, changed by the operator's policy file."""

    def __init__(self, conf: cfg.ConfigOpts, rules: Sequence[policy.RuleDefault]) -> None:
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.register_defaults(rules)
        self._enforcer.load_rules()

    def passes(self, context: Context, rule: str, project_id: str | None) -> bool:
        """Whether the rule lets the caller act on an object of that project.

        A token without project, such as a system-scoped one, passes no rule.
        """
        if context.project_id is None or context.system_scope is not None:
            return False
        target = {"project_id": project_id}
        return bool(self._enforcer.authorize(rule, target, context.to_credentials()))

    def check(self, context: Context, rule: str, project_id: str | None) -> None:
        """``Forbidden`` names the rule when it does not let the caller pass."""
        if context.project_id is None or context.system_scope is not None:
            raise Forbidden(f"rule {rule} needs a token for a project")
        if not self.passes(context, rule, project_id):
            raise Forbidden(f"policy rule {rule} does not allow this to the caller")
