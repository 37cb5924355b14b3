"""Whose rights and whose environment a command gets."""

import os

from msgspec import Struct

# What login(1) and cron(8) agree upon for root; a command must not depend on who started svwatch.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Account(Struct, frozen=True):
    """A line of the user database (passwd(5))."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str

    def environment(self) -> dict[str, str]:
        """Give the fixed environment: nothing of svwatch's own, NOTIFY_SOCKET least of all."""
        return {
            "PATH": PATH,
            "HOME": self.home,
            "USER": self.name,
            "LOGNAME": self.name,
            "SHELL": self.shell,
            "LANG": "C.UTF-8",
        }


def account(user: str | None) -> Account:
    """Look up *user*, a name or a decimal uid (None: whoever we are).

    Raises LookupError with a sentence for people where there is no such user. It may ask the
    network (nsswitch.conf(5)), so the daemon itself never calls it: its forked child does.
    """
    import pwd  # noqa: PLC0415  # reads the name service's libraries: only where they are needed

    try:
        if user is None:
            row = pwd.getpwuid(os.geteuid())
        else:
            row = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
    except (KeyError, OverflowError):
        if user is None:  # a container may run us under a number that nobody named
            return Account(str(os.geteuid()), os.geteuid(), os.getegid(), "/", "/bin/sh")
        raise LookupError(f"there is no user {user!r}") from None
    return Account(row.pw_name, row.pw_uid, row.pw_gid, row.pw_dir, row.pw_shell or "/bin/sh")


def become(who: Account) -> None:
    """Take on the groups, the gid and the uid of *who*, for good. Raises PermissionError."""
    if os.geteuid() != 0 and who.uid == os.geteuid():
        return
    os.initgroups(who.name, who.gid)
    os.setresgid(who.gid, who.gid, who.gid)
    os.setresuid(who.uid, who.uid, who.uid)
