"""What one svwatch leaves for the next, by key: the notes in the database."""

DAEMON = "daemon"  # pid and wall time of the last daemon
GOODBYE = "goodbye"  # wall time of its orderly end, "" while it runs or was killed
LOADED = "config loaded"  # wall time, unix seconds
LOOKED = "looked"  # wall time of the last minute in which somebody watched, unix seconds
OBSERVING = "observing"  # wall time since when nothing is acted upon, "" while it is
OURS = "own service"  # names of directories in which svwatch itself runs
PRINTED = "printed"  # what the last quiet check knew
REGULAR = "regular "  # and a route, or the heartbeat: what an earlier life told it, JSON
REJECTED = "config rejected"  # the errors that were told already
RHYTHM = "rhythm"  # of the runs without a daemon: core.rhythm.Rhythm, JSON
ROUTES = "routes"  # of earlier versions, with secrets: taken out at the start
SAID = "errors said"  # those of the configuration that a quiet check has printed
SOCKET = "socket"  # where the daemon of this state directory listens
