"""How often somebody looks where no daemon does: cron's minutes, not the interval, are the beat."""

from msgspec import Struct

KEPT = 12  # spacings that are remembered
GAP = 3  # beats without a look that empty windows
LONGEST = 3600.0  # seconds: longer than this is no beat


class Rhythm(Struct, frozen=True):
    """When runs looked: the last one (CLOCK_BOOTTIME of boot *boot_id*), seconds between them."""

    boot_id: str
    last: float
    spacings: tuple[float, ...] = ()


def kept(rhythm: Rhythm | None, boot_id: str, boot: float) -> bool:
    """Whether a run at *boot* keeps to the rhythm: nobody missed a look that was to be expected.

    The first two runs make the rhythm. After a boot of the host there is none.
    """
    if rhythm is None or rhythm.boot_id != boot_id:
        return False
    return boot - rhythm.last <= (GAP * max(rhythm.spacings) if rhythm.spacings else LONGEST)


def after(rhythm: Rhythm | None, boot_id: str, boot: float) -> Rhythm:
    """Give the rhythm after a run at *boot*; a long pause is no part of it."""
    if rhythm is None or rhythm.boot_id != boot_id:
        return Rhythm(boot_id, boot)
    spacing = boot - rhythm.last
    spacings = (*rhythm.spacings, spacing) if 0 < spacing <= LONGEST else rhythm.spacings
    return Rhythm(boot_id, boot, spacings[-KEPT:])
