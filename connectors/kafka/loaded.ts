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

/** @param commits whether it has something to commit, for which checkpoints have to be durable */
export function loadedSink(load: () => Promise<Sink>, commits: boolean): Sink {
  let sink: Promise<Sink> | undefined;
  return {
    open: async (state) => {
      sink = load();
      return (await sink).open(state);
    },
    write: async (block, signal) => (await (await sink!).write(block, signal)) ?? [],
    prepare: async () => (await sink!).prepare(),
    ...(commits && { commit: async (state) => (await sink!).commit!(state) }),
    close: async () => (await sink)?.close(),
  };
}

/**
 * Its ends are opened by reading and writing, so that they are there when they are needed.
 * @param commits whether its sinks have something to commit
 */
export function loadedQueue(load: () => Promise<Queue>, commits: boolean): Queue {
  let queue: Promise<Queue> | undefined;
  const loaded = (): Promise<Queue> => {
    queue ??= load();
    return queue;
  };
  return {
    sink: (producer, context) => {
      const sink = loadedSink(async () => (await loaded()).sink(producer, context), commits);
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
