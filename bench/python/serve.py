"""The process of one contender written in Python: requests and answers are lines of JSON."""

import asyncio
import importlib.util
import json
import sys
import warnings

from carry_out import carry_out


async def serve():
    contender = None
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        try:
            if "open" in request:
                module = load(request["open"]["file"])
                contender = await module.open_contender(request["open"]["target"])
                answer(result={"how": module.HOW})
            elif "close" in request:
                await contender.close()
                return
            else:
                answer(result=await carry_out(contender, request["order"]) or {"notOffered": True})
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}"[:500])


def load(file):
    spec = importlib.util.spec_from_file_location("contender", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(**content):
    print(json.dumps(content), flush=True)


# a server's warnings about statements would appear among the progress
warnings.simplefilter("ignore")
asyncio.run(serve())
