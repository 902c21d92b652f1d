"""Settings of all tests."""

from hypothesis import settings

# A deadline for an example tests the machine, not the code.
settings.register_profile("anywhere", deadline=None)
settings.load_profile("anywhere")
