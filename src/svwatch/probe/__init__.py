"""Probe looks: it reads /proc, pidfiles, supervise/ and logs; it never writes or signals."""
