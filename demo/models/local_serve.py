"""The child process of the local model: an OpenAI-compatible server on loopback, which lives as long as its parent.

It is run as a file, so that it loads llama.cpp and nothing else. Its first line of input is JSON: `model` (a path),
`key` (the API key to ask for), `port` (0: any) and `threads`. It answers `READY <url>` and ends when its input ends.
"""

import json
import os
import signal
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Serve until the parent closes our input, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when we end
    # Read by OpenMP when llama.cpp loads it. By default idle threads spin, and on a busy machine answers crawl. Of
    # 0, 300, 1000 and 10000 this is close to the best on a free machine, and far better than 10000 on a busy one.
    os.environ.setdefault("GOMP_SPINCOUNT", "300")
    xllamacpp: Any = import_module("xllamacpp")
    wanted = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = wanted["model"]
    params.model_alias = {"local"}
    params.hostnames = ["127.0.0.1"]
    params.port = wanted["port"]
    params.api_keys = [wanted["key"]]
    params.n_parallel = 2
    params.n_ctx = 8192  # tokens, shared by the two slots
    params.cpuparams.n_threads = wanted["threads"]
    params.cpuparams_batch.n_threads = wanted["threads"]
    params.cache_ram_mib = 256
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 0
    server = xllamacpp.Server(params)
    sys.stdout.write(f"READY {server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # at once, also in the middle of an answer that nobody will read


if __name__ == "__main__":
    main()
