"""Values and their origins, one to a line."""

from svwatch.core.inforce import Row
from svwatch.view.to_config import config


def test_keys_and_values_are_aligned_and_long_ones_push_their_origin() -> None:
    rows = [
        Row("stop_timeout", "50m", "services.d/mailer.yaml:6"),
        Row("interval", "5s", "default"),
        Row("rule 1", "if totalmem > 160 MB for 3 cycles then restart", "services.d/mailer.yaml:9"),
        Row("rule 2", "if not exist then alert", "built in"),
    ]
    assert config(rows) == (
        "stop_timeout  50m                      services.d/mailer.yaml:6\n"
        "interval      5s                       default\n"
        "rule 1        if totalmem > 160 MB for 3 cycles then restart  services.d/mailer.yaml:9\n"
        "rule 2        if not exist then alert  built in\n"
    )
    assert config([]) == ""
