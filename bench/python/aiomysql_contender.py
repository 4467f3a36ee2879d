"""aiomysql as its documentation has it: executemany, which puts the rows into one statement; SSCursor to stream."""

import calendar
from array import array
from datetime import datetime, timezone

import aiomysql

HOW = "executemany(), DictCursor, SSDictCursor for streams"

KEY = ["exchange", "symbol", "timeframe", "price_type", "start_time"]
OVERWRITTEN = ["end_time", "open", "high", "low", "close", "volume", "trade_count", "closed", "updated_at"]
RAW = ["exchange", "symbol", "data_type", "timestamp", "source_id", "received_at", "raw_data"]


def names(columns):
    return ", ".join(f"`{column}`" for column in columns)


def marks(columns):
    return ", ".join(f"%({column})s" for column in columns)


CANDLES = KEY + OVERWRITTEN
NULLS = ["quote_volume", "taker_buy_volume", "taker_buy_quote_volume", "open_interest"]
UPSERT = (
    f"insert into market_data ({names(CANDLES)}) values ({marks(CANDLES)}) "
    f"on duplicate key update {', '.join(f'`{column}` = values(`{column}`)' for column in OVERWRITTEN)}"
)
INSERT_RAW = f"insert into raw_trades ({names(RAW)}) values ({marks(RAW)})"
OF_SERIES = "where exchange = %(exchange)s and symbol = %(symbol)s and timeframe = %(timeframe)s and price_type = %(priceType)s"
OF_RANGE = f"{OF_SERIES} and start_time >= %(start_time)s and start_time < %(end_time)s order by start_time"
SELECT_RANGE = f"select {names(CANDLES + NULLS)} from market_data {OF_RANGE}"
SELECT_COLUMNS = f"select start_time, open, high, low, close, volume from market_data {OF_RANGE}"
SELECT_LATEST = f"select {names(CANDLES + NULLS)} from market_data {OF_SERIES} order by start_time desc limit 1"
SELECT_RAW = (
    f"select {names(RAW)} from raw_trades where exchange = %(exchange)s and symbol = %(symbol)s "
    "and data_type = %(dataType)s and timestamp >= %(start_time)s and timestamp < %(end_time)s "
    "order by timestamp, source_id"
)


async def open_contender(target):
    connection = await aiomysql.connect(
        host=target["host"],
        port=target["port"],
        user=target["user"],
        db=target["database"],
        charset="utf8mb4",
        autocommit=True,
    )
    return Contender(connection)


class Contender:
    def __init__(self, connection):
        self.connection = connection

    async def upsert_batch(self, candles):
        updated_at = datetime.now(timezone.utc).replace(tzinfo=None)
        async with self.connection.cursor() as cursor:
            await cursor.executemany(UPSERT, [{**candle, "updated_at": updated_at} for candle in candles])

    async def upsert_one(self, candle):
        async with self.connection.cursor() as cursor:
            await cursor.execute(UPSERT, {**candle, "updated_at": datetime.now(timezone.utc).replace(tzinfo=None)})

    async def read_range(self, range_):
        return await self.rows(SELECT_RANGE, range_)

    async def latest(self, series):
        async with self.connection.cursor(aiomysql.DictCursor) as cursor:
            await cursor.execute(SELECT_LATEST, series)
            return await cursor.fetchone()

    async def stream(self, range_):
        async with self.connection.cursor(aiomysql.SSDictCursor) as cursor:
            await cursor.execute(SELECT_RANGE, range_)
            async for row in cursor:
                yield row

    async def read_columns(self, range_):
        async with self.connection.cursor() as cursor:
            await cursor.execute(SELECT_COLUMNS, range_)
            rows = await cursor.fetchall()
        times, *prices = zip(*rows)
        start_times = array("d", (calendar.timegm(time.timetuple()) * 1000 for time in times))
        return [start_times, *(array("d", map(float, column)) for column in prices)]

    async def insert_raw(self, points):
        async with self.connection.cursor() as cursor:
            await cursor.executemany(INSERT_RAW, points)

    async def read_raw(self, range_):
        return await self.rows(SELECT_RAW, range_)

    async def rows(self, statement, parameters):
        async with self.connection.cursor(aiomysql.DictCursor) as cursor:
            await cursor.execute(statement, parameters)
            return await cursor.fetchall()

    async def close(self):
        await self.connection.ensure_closed()
