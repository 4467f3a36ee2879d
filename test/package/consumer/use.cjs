const { DatabaseOperations } = require('tradestore');

async function main() {
  const db = new DatabaseOperations({ url: 'sqlite::memory:' });
  const rawData = '{"px":"42219.90","sz":0.10}';
  await db.rawTrades.insertRawWebsocketData({
    symbol: 'BTC-USDT',
    dataType: 'trade',
    rawData,
    timestamp: 1704067200123,
  });
  const [stored] = await db.rawTrades.getRawTrades({
    symbol: 'BTC-USDT',
    dataType: 'trade',
    startTime: 1704067200000,
    endTime: 1704067201000,
  });
  await db.close();
  console.log(JSON.stringify({ toTheLetter: stored.rawData === rawData }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
