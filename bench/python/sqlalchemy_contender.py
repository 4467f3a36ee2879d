"""SQLAlchemy Core on aiomysql: insert().on_duplicate_key_update(), and stream() for streams."""

import calendar
from array import array
from datetime import datetime, timezone

from sqlalchemy import Boolean, Column, MetaData, Numeric, String, Table, Text, and_, select
from sqlalchemy.dialects.mysql import DATETIME, INTEGER, insert
from sqlalchemy.ext.asyncio import create_async_engine

HOW = "insert().values().on_duplicate_key_update(); select(); stream()"

metadata = MetaData()


def instant(name, **options):
    return Column(name, DATETIME(fsp=3), **options)


def price(name):
    return Column(name, Numeric(36, 18))


market_data = Table(
    "market_data",
    metadata,
    Column("exchange", String(32), primary_key=True),
    Column("symbol", String(64), primary_key=True),
    Column("timeframe", String(8), primary_key=True),
    Column("price_type", String(8), primary_key=True),
    instant("start_time", primary_key=True),
    instant("end_time"),
    *(price(name) for name in ("open", "high", "low", "close", "volume")),
    Column("trade_count", INTEGER(unsigned=True)),
    Column("closed", Boolean),
    instant("updated_at"),
)

raw_trades = Table(
    "raw_trades",
    metadata,
    Column("exchange", String(32), primary_key=True),
    Column("symbol", String(64), primary_key=True),
    Column("data_type", String(32), primary_key=True),
    instant("timestamp", primary_key=True),
    Column("source_id", String(64), primary_key=True),
    instant("received_at"),
    Column("raw_data", Text),
)

# As the documentation has it. For MySQL this is written in a form that aiomysql does not know and sends row by row;
# all rows in one values() were no faster, since such a statement takes as long to compile.
INSERT = insert(market_data)
UPSERT = INSERT.on_duplicate_key_update(
    {column.name: INSERT.inserted[column.name] for column in market_data.columns if not column.primary_key}
)


def of_series(series):
    c = market_data.c
    return and_(
        c.exchange == series["exchange"],
        c.symbol == series["symbol"],
        c.timeframe == series["timeframe"],
        c.price_type == series["priceType"],
    )


def of_range(range_):
    start = market_data.c.start_time
    return and_(of_series(range_), start >= range_["start_time"], start < range_["end_time"])


async def open_contender(target):
    url = f"mysql+aiomysql://{target['user']}@{target['host']}:{target['port']}/{target['database']}?charset=utf8mb4"
    engine = create_async_engine(url, pool_size=1, max_overflow=0)
    return Contender(engine)


class Contender:
    def __init__(self, engine):
        self.engine = engine

    async def upsert_batch(self, candles):
        updated_at = datetime.now(timezone.utc).replace(tzinfo=None)
        async with self.engine.begin() as connection:
            await connection.execute(UPSERT, [{**candle, "updated_at": updated_at} for candle in candles])

    async def upsert_one(self, candle):
        await self.upsert_batch([candle])

    async def read_range(self, range_):
        statement = select(market_data).where(of_range(range_)).order_by(market_data.c.start_time)
        return await self.rows(statement)

    async def latest(self, series):
        statement = select(market_data).where(of_series(series)).order_by(market_data.c.start_time.desc()).limit(1)
        async with self.engine.connect() as connection:
            return (await connection.execute(statement)).mappings().first()

    async def stream(self, range_):
        statement = select(market_data).where(of_range(range_)).order_by(market_data.c.start_time)
        async with self.engine.connect() as connection:
            result = await connection.stream(statement)
            async for row in result.mappings():
                yield row

    async def read_columns(self, range_):
        c = market_data.c
        statement = select(c.start_time, c.open, c.high, c.low, c.close, c.volume)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(statement.where(of_range(range_)).order_by(c.start_time))).all()
        times, *prices = zip(*rows)
        start_times = array("d", (calendar.timegm(time.timetuple()) * 1000 for time in times))
        return [start_times, *(array("d", map(float, column)) for column in prices)]

    async def insert_raw(self, points):
        async with self.engine.begin() as connection:
            await connection.execute(insert(raw_trades), points)

    async def read_raw(self, range_):
        c = raw_trades.c
        statement = (
            select(raw_trades)
            .where(
                c.exchange == range_["exchange"],
                c.symbol == range_["symbol"],
                c.data_type == range_["dataType"],
                c.timestamp >= range_["start_time"],
                c.timestamp < range_["end_time"],
            )
            .order_by(c.timestamp, c.source_id)
        )
        return await self.rows(statement)

    async def rows(self, statement):
        async with self.engine.connect() as connection:
            return (await connection.execute(statement)).mappings().all()

    async def close(self):
        await self.engine.dispose()
