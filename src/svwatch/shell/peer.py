"""Says who is at the other end of a socket, and whether they may speak."""

import os
import socket
import struct

from msgspec import Struct

_UCRED = struct.Struct("iII")  # struct ucred: pid, uid, gid (unix(7), SO_PEERCRED)


class Peer(Struct, frozen=True):
    """Who asked. *conn* names the connection, once and for all: descriptors are used again."""

    conn: int
    pid: int
    uid: int
    gid: int
    user: str


def peer_of(line: socket.socket, conn: int) -> Peer:
    """Ask the kernel who connected *line*: it cannot be lied to."""
    raw = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(raw)
    return Peer(conn, pid, uid, gid, user_name(uid))


def user_name(uid: int) -> str:
    """Give the name of *uid*, or its number where it has none."""
    import pwd  # noqa: PLC0415  # the name service's libraries are loaded when somebody asks

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_id(name: str) -> int | None:
    """Give the gid of the group *name* (or of a decimal gid); None where there is none."""
    import grp  # noqa: PLC0415

    try:
        return (grp.getgrgid(int(name)) if name.isdecimal() else grp.getgrnam(name)).gr_gid
    except (KeyError, OverflowError):
        return None


def may_speak(peer: Peer, group: str | None) -> bool:
    """Say whether *peer* is root, our own user, or a member of *group*.

    Membership is looked up now, not at login: who was put into the group need not log in again,
    and who was taken out of it is out.
    """
    if peer.uid in {0, os.geteuid()}:
        return True
    return group is not None and _member(peer, group)


def _member(peer: Peer, group: str) -> bool:
    import grp  # noqa: PLC0415
    import pwd  # noqa: PLC0415

    gid = group_id(group)
    if gid is None:
        return False
    try:
        primary = pwd.getpwuid(peer.uid).pw_gid
    except KeyError:  # a uid without a name is in no list, but has a primary group
        return peer.gid == gid
    return primary == gid or peer.user in grp.getgrgid(gid).gr_mem
