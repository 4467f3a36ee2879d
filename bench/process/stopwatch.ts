/** Adds up the time and the processor time of the parts that are measured. */
export class Stopwatch {
  ms = 0;
  cpuMs = 0;
  readonly latenciesMs: number[] = [];

  async time<Result>(work: () => Promise<Result>): Promise<Result> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    this.ms += ms;
    this.cpuMs += (user + system) / 1000;
    this.latenciesMs.push(ms);
    return result;
  }
}
