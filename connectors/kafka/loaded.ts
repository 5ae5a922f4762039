import type { Queue, QueuedBatch, Sink, Source } from '#component';

/** The client takes half a second to load: only a run that reads or writes Kafka waits for it. */
export function loadedSource(load: () => Promise<Source>): Source {
  let source: Promise<Source> | undefined;
  return {
    read: async function* (outlet, signal, from) {
      source = load();
      yield* (await source).read(outlet, signal, from);
    },
    commit: async (positions) => (await source)?.commit?.(positions),
    close: async () => (await source)?.close(),
  };
}

export function loadedSink(load: () => Promise<Sink>): Sink {
  let sink: Promise<Sink> | undefined;
  return {
    open: async (state) => {
      sink = load();
      return (await sink).open(state);
    },
    write: async (block, signal) => (await (await sink!).write(block, signal)) ?? [],
    prepare: async () => (await sink!).prepare(),
    close: async () => (await sink)?.close(),
  };
}

/** Its ends are opened by reading and writing, so that they are there when they are needed. */
export function loadedQueue(load: () => Promise<Queue>): Queue {
  let queue: Promise<Queue> | undefined;
  const loaded = (): Promise<Queue> => {
    queue ??= load();
    return queue;
  };
  return {
    sink: (producer, context) => {
      const sink = loadedSink(async () => (await loaded()).sink(producer, context));
      return { ...sink, close: async () => (queue ? sink.close() : undefined) };
    },
    source: (context) => {
      let source: Promise<Source<QueuedBatch>> | undefined;
      return {
        read: async function* (outlet, signal, from) {
          source = loaded().then((one) => one.source(context));
          yield* (await source).read(outlet, signal, from);
        },
        commit: async (positions) => (await source)?.commit?.(positions),
        close: async () => (await source)?.close(),
      };
    },
    close: async () => (await queue)?.close(),
  };
}
