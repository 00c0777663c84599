"""Makes a plugin's mistakes readable: what is raised and is no error of the contract would end the call without a word."""

import functools

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
        except Exception as error:
            # Not the module traceback: it looks for source files, and there are no files.
            places, frame = [], error.__traceback__
            while frame is not None:
                code = frame.tb_frame.f_code
                places.append(f"{code.co_filename}:{frame.tb_lineno} in {code.co_name}")
                frame = frame.tb_next
            message = f"{type(error).__name__}: {error}\n" + "\n".join(reversed(places))
            raise Err(types.PluginError("plugin_crashed", message, None, [])) from None

    return call
