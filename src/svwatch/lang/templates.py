"""`use:` and what it names: templates of the user, and those that come with svwatch."""

from svwatch.lang.draft import Draft
from svwatch.lang.fields import Fields, check_keys
from svwatch.lang.keys import SERVICE
from svwatch.lang.nodes import Map, Node, kind
from svwatch.lang.problem import Complaints
from svwatch.lang.shipped import TEMPLATES, shipped
from svwatch.lang.tokens import meant


class Templates:
    """All templates by name; a user's own goes before the shipped one of the same name."""

    def __init__(self, draft: Draft, complaints: Complaints) -> None:
        """Take those of *draft*, and complain of what is wrong with them."""
        self.own: dict[str, Map] = {}
        entry = draft.top.get("templates")
        if entry is None:
            return
        if not isinstance(entry.value, Map):
            what = f'"templates" is a mapping, not {kind(entry.value)}'
            complaints.error(entry.value.place, what, "templates: {name: {stop_timeout: 5m}}")
            return
        for one in entry.value:
            if isinstance(one.value, Map):
                check_keys(one.value, SERVICE, f'template "{one.key.value}"', complaints)
                self.own[one.key.value] = one.value
            else:
                what = f'template "{one.key.value}" is a mapping, not {kind(one.value)}'
                complaints.error(one.value.place, what, "stop_timeout: 5m")
        for one in entry.value:
            self.layers(one.value, complaints)  # a loop is a mistake though nobody uses it

    def layers(
        self, user: Node, complaints: Complaints, within: tuple[str, ...] = ()
    ) -> tuple[Map, ...]:
        """Give what the mapping *user* says under `use`, the more general first."""
        if not isinstance(user, Map) or user.get("use") is None:
            return ()
        given = Fields({entry.key.value: entry.value for entry in user}, user.place, complaints)
        found: list[Map] = []
        for node in given.words("use"):
            name = node.value.strip()
            template = self.own.get(name) or shipped(name)
            if name in within:
                loop = " -> ".join((*within, name))
                complaints.error(node.place, f"templates use each other: {loop}")
            elif template is None:
                names = sorted({*self.own, *TEMPLATES})
                hint = meant(name, tuple(names)) or f"there are {', '.join(names)}"
                complaints.error(node.place, f'there is no template "{name}"', hint)
            else:
                found += [*self.layers(template, complaints, (*within, name)), template]
        return tuple(found)
