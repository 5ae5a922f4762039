import { expect } from 'vitest';
import type { Config, Positions, Source, StageContext } from '#component';
import { fileSource } from '../../connectors/file/index.js';
import { configOf, stageContext } from '../conformance/contexts.js';
import { CountingOutlet, type Received, receive, saysOnlyWhere } from '../conformance/outlet.js';
import { asKept } from '../conformance/source-suite.js';

let current: Follower | undefined;

/** For the end of a test, however it ended. */
export async function stopFollower(): Promise<void> {
  await current?.stop();
  current = undefined;
}

/** A running source that follows files, and what it has given so far. */
export class Follower {
  readonly received: Received[] = [];
  /** As a checkpoint keeps them. */
  positions: Positions;
  readonly outlet: CountingOutlet;
  readonly source: Source;
  private readonly controller = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    options: Config,
    {
      context = {},
      maxBuffers = 2,
      from = new Map(),
    }: { context?: Partial<StageContext>; maxBuffers?: number; from?: Positions } = {},
  ) {
    this.outlet = new CountingOutlet(64, { maxBuffers });
    this.positions = from;
    const config = configOf(fileSource, { follow: true, poll_interval: 5, rotate_wait: 30, ...options });
    this.source = fileSource.create(config, stageContext(context));
    this.running = this.run();
    current = this;
  }

  private async run(): Promise<void> {
    const { source, outlet, controller } = this;
    for await (const chunk of source.read(outlet, controller.signal, this.positions)) {
      const { resume } = chunk;
      if (resume) this.positions = asKept(new Map(this.positions).set(resume.key, resume.position));
      const one = receive(chunk, outlet);
      if (!saysOnlyWhere(one)) this.received.push(one);
    }
    await source.close();
  }

  get text(): string {
    return this.received.map((chunk) => chunk.bytes.toString()).join('');
  }

  async has(text: string): Promise<void> {
    await expect.poll(() => this.text, { timeout: 5000, interval: 2 }).toBe(text);
  }

  /** Some polls later, still nothing else came. */
  async staysAt(text: string): Promise<void> {
    await this.has(text);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(this.text).toBe(text);
  }

  async stop(): Promise<void> {
    this.controller.abort();
    await this.running;
    expect(this.outlet.lent.size).toBe(0);
  }
}
