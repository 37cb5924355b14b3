"""A YAML file and those that it includes, to one Draft."""

import glob
import os
from collections.abc import Iterator

from svwatch.lang.draft import Draft
from svwatch.lang.files import Unread, read
from svwatch.lang.nodes import Entry, Map, Seq, Text, kind
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.yaml_text import read_text

SHARED = ("services", "groups", "alerts")  # what an included file may hold
MOST_FILES = 1000


def read_draft(path: str, uid: int, complaints: Complaints) -> Draft | None:
    """Read *path* and what it includes; None when the main file itself is no mapping."""
    main = os.path.abspath(path)
    base = os.path.dirname(main)
    name = os.path.basename(main)
    top = _read(main, name, uid, complaints)
    if top is None:
        return None
    files, maps = [main], [top]
    for found, display in _included(top, base, complaints):
        if found not in files:
            files.append(found)
            more = _read(found, display, uid, complaints)
            maps += [more] if more is not None else []
    for more in maps[1:]:
        _refuse_foreign(more, complaints)
    shared = {key: tuple(_entries(key, maps, complaints)) for key in SHARED}
    return Draft(
        source=main,
        base=base,
        files=tuple(files),
        place=Place(name),
        top=top,
        alerts=shared["alerts"],
        groups=shared["groups"],
        services=shared["services"],
    )


def _read(path: str, display: str, uid: int, complaints: Complaints) -> Map | None:
    raw = read(path, uid)
    if isinstance(raw, Unread):
        complaints.error(Place(display), f"the file {raw.what}", raw.hint)
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - before.rfind(b"\n")
        place = Place(display, before.count(b"\n") + 1, column)
        complaints.error(place, "this is not UTF-8", f"the byte is 0x{raw[error.start]:02X}")
        return None
    return read_text(text, display, complaints)


def _included(top: Map, base: str, complaints: Complaints) -> Iterator[tuple[str, str]]:
    entry = top.get("include")
    if entry is None:
        return
    node = entry.value
    count = 0
    for item in node.items if isinstance(node, Seq) else (node,):
        if not isinstance(item, Text) or not item.value or "\0" in item.value:
            complaints.error(item.place, f"a file name, not {kind(item)}", "services.d/*.yaml")
            continue
        found = sorted(glob.glob(os.path.join(base, item.value)))
        if not found:
            complaints.warn(item.place, f'no file matches "{item.value}"')
        for path in found:
            count += 1
            if count > MOST_FILES:
                complaints.error(item.place, f"more than {MOST_FILES} files")
                return
            full = os.path.abspath(path)
            inside = full.startswith(base.rstrip("/") + "/")
            yield full, os.path.relpath(full, base) if inside else full


def _refuse_foreign(more: Map, complaints: Complaints) -> None:
    for entry in more:
        if entry.key.value not in SHARED:
            what = f'"{entry.key.value}" in an included file'
            complaints.error(entry.key.place, what, "only services, groups and alerts may be here")


def _entries(key: str, maps: list[Map], complaints: Complaints) -> Iterator[Entry]:
    seen: dict[str, Entry] = {}
    for whole in maps:
        entry = whole.get(key)
        if entry is None or entry.value == Text("", entry.value.place):
            continue
        if not isinstance(entry.value, Map):
            what = f'"{key}" must be a mapping, not {kind(entry.value)}'
            complaints.error(entry.value.place, what, f"{key}: {{name: ...}}")
            continue
        for inner in entry.value:
            name = inner.key.value
            if name in seen:
                hint = f"the first is in {seen[name].key.place.short()}"
                complaints.error(inner.key.place, f'"{name}" is here twice', hint)
                continue
            seen[name] = inner
            yield inner
