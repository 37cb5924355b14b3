"""A resource watchdog for workers under runit, or behind any pidfile."""

__version__ = "0.1.0"
