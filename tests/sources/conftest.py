"""What takes longer than all other tests of sources together has a mark: `pytest -m "not slow"`."""


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: files of 200,000 rows")
