import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))  # clones of the repository
