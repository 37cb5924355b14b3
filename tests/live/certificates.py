"""Certificates of the tests' own: an authority that only they know, and servers that it names."""

import ssl
from pathlib import Path

import trustme


def authority(where: Path) -> trustme.CA:
    """Make an authority; `ca.pem` below *where* is what a client must trust."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(where / "ca.pem"))
    return made


def covered(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    """Give the TLS of a server that *ca* calls by *names*."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(made)
    return made
