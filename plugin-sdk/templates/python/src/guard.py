"""Makes a plugin's mistakes readable: what is raised and is no error of the contract would end the call without a word."""

import functools
import traceback

from componentize_py_types import Err
from wit_world.imports import types


def guarded(function):
    """Around every function of the contract."""

    @functools.wraps(function)
    def call(*parameters):
        try:
            return function(*parameters)
        except Err:
            raise
        except Exception:
            raise Err(types.PluginError("plugin_crashed", traceback.format_exc(), None, [])) from None

    return call
