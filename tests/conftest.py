"""What all tests share: no property fails because the machine was busy."""

from hypothesis import settings

settings.register_profile("svwatch", deadline=None, print_blob=True)
settings.load_profile("svwatch")
