"""Does one order and measures it, as process/carry-out.ts does for contenders written in TypeScript."""

import gc
import json
import resource
import time
import zlib
from datetime import datetime, timezone

CANDLE_FIELDS = [
    "exchange", "symbol", "timeframe", "price_type", "start_time", "end_time", "open", "high", "low", "close", "volume",
    "trade_count", "closed",
]  # fmt: skip
RAW_FIELDS = ["exchange", "symbol", "data_type", "timestamp", "source_id", "received_at", "raw_data"]


class Stopwatch:
    """Adds up the time and the processor time of the parts that are measured."""

    def __init__(self):
        self.ms = 0.0
        self.cpu_ms = 0.0
        self.latencies_ms = []

    async def time(self, work):
        cpu = time.process_time()
        start = time.perf_counter()
        result = await work
        ms = (time.perf_counter() - start) * 1000
        self.ms += ms
        self.cpu_ms += (time.process_time() - cpu) * 1000
        self.latencies_ms.append(ms)
        return result


async def carry_out(contender, order):
    """Returns nothing where the contender does not offer it."""
    gc.collect()
    watch = Stopwatch()
    outcome = await WORKS[order["kind"]](contender, order, watch)
    if outcome is None:
        return None
    return {
        **outcome,
        "ms": watch.ms,
        "cpuMs": watch.cpu_ms,
        "maxRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "latenciesMs": watch.latencies_ms,
    }


async def upsert_batches(contender, order, watch):
    return await in_batches(contender.upsert_batch, candles_of(order["file"]), order["batchRows"], watch)


async def insert_raw(contender, order, watch):
    return await in_batches(contender.insert_raw, raw_points_of(order["file"]), order["batchRows"], watch)


async def in_batches(write, rows, batch_rows, watch):
    batches = [rows[index : index + batch_rows] for index in range(0, len(rows), batch_rows)]

    async def write_all():
        for batch in batches:
            await write(batch)

    await watch.time(write_all())
    return {"rows": len(rows)}


async def upsert_one_by_one(contender, order, watch):
    candles = candles_of(order["file"])
    for candle in candles:
        await watch.time(contender.upsert_one(candle))
    return {"rows": len(candles)}


async def read_ranges(contender, order, watch):
    return await add_up([await_digest(watch, contender.read_range, sent, candle_text) for sent in order["ranges"]])


async def read_raw(contender, order, watch):
    return await add_up([await_digest(watch, contender.read_raw, sent, raw_text) for sent in order["ranges"]])


async def await_digest(watch, read, sent, text_of):
    rows = await watch.time(read(received(sent)))
    return len(rows), sum(zlib.crc32(text_of(row)) for row in rows)


async def read_latest(contender, order, watch):
    async def latest(series):
        row = await watch.time(contender.latest(series))
        return 1, zlib.crc32(candle_text(row))

    series = [received(sent) for sent in order["series"]]
    return await add_up([latest(series[call % len(series)]) for call in range(order["times"])])


async def read_columns(contender, order, watch):
    async def columns(range_):
        arrays = await watch.time(contender.read_columns(range_))
        return len(arrays[0]), sum(zlib.crc32(array.tobytes()) for array in arrays)

    return await add_up([columns(received(sent)) for sent in order["ranges"]])


async def stream(contender, order, watch):
    seen = {"rows": 0, "first": None, "last": None, "first_row_ms": 0.0}

    async def read_all():
        start = time.perf_counter()
        async for row in contender.stream(received(order["range"])):
            if seen["rows"] == 0:
                seen["first_row_ms"] = (time.perf_counter() - start) * 1000
                seen["first"] = row
            seen["rows"] += 1
            seen["last"] = row

    await watch.time(read_all())
    checksum = zlib.crc32(candle_text(seen["first"])) + zlib.crc32(candle_text(seen["last"]))
    digest = {"rows": seen["rows"], "sum": checksum}
    return {"rows": seen["rows"], "firstRowMs": seen["first_row_ms"], "digest": digest}


async def add_up(digests):
    rows = 0
    checksum = 0
    for digest in digests:
        more, crc = await digest
        rows += more
        checksum += crc
    return {"rows": rows, "digest": {"rows": rows, "sum": checksum}}


def candles_of(file):
    with open(file, encoding="utf-8") as lines:
        return [candle_of(json.loads(line)) for line in lines]


def candle_of(row):
    return {
        **{name: row[name] for name in ("exchange", "symbol", "timeframe", "open", "high", "low", "close", "volume")},
        "price_type": row["priceType"],
        "start_time": time_of(row["startTime"]),
        "end_time": time_of(row["endTime"]),
        "trade_count": row["tradeCount"],
        "closed": row["closed"],
    }


def raw_points_of(file):
    with open(file, encoding="utf-8") as lines:
        return [raw_point_of(json.loads(line)) for line in lines]


def raw_point_of(row):
    return {
        "exchange": row["exchange"],
        "symbol": row["symbol"],
        "data_type": row["dataType"],
        "timestamp": time_of(row["timestamp"]),
        "source_id": row["sourceId"],
        "received_at": time_of(row["receivedAt"]),
        "raw_data": row["rawData"],
    }


def time_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def received(sent):
    times = {
        name: datetime.fromtimestamp(sent[key] / 1000, timezone.utc).replace(tzinfo=None)
        for name, key in (("start_time", "startMs"), ("end_time", "endMs"))
    }
    return {**{name: value for name, value in sent.items() if not name.endswith("Ms")}, **times}


def candle_text(row):
    return text_of([row[name] for name in CANDLE_FIELDS])


def raw_text(row):
    return text_of([row[name] for name in RAW_FIELDS])


def text_of(values):
    return "|".join(cell_text(value) for value in values).encode()


def cell_text(value):
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, (str, int)) else f"{value:.18f}"


WORKS = {
    "upsert-batches": upsert_batches,
    "upsert-one-by-one": upsert_one_by_one,
    "read-ranges": read_ranges,
    "read-latest": read_latest,
    "stream": stream,
    "read-columns": read_columns,
    "insert-raw": insert_raw,
    "read-raw": read_raw,
}
