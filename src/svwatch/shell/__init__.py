"""Shell does: the loop, commands, signals, the database, the control socket, delivery."""
