"""Settings of the tests that compute with tensors."""

import torch

torch.set_num_threads(1)  # tests may run beside other work, and threads that wait for a core cost more than they bring
