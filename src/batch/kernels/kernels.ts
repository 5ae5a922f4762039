import { KERNELS_WASM } from './kernels.generated.js';

export type SelectByPart = (
  views: number,
  rows: number,
  count: number,
  part: number,
  length: number,
  out: number,
) => number;

/**
 * The SIMD kernels of `assembly/`, bound to one linear memory. All addresses are absolute byte addresses in it;
 * see the doc comments there for what each reads and writes.
 */
export interface Kernels {
  frameLines(
    start: number,
    end: number,
    starts: number,
    lengths: number,
    offsets: number,
    base: number,
    limit: number,
  ): number;
  countPlainLines(start: number, end: number): number;
  countUp(out: number, count: number): void;
  mergeRows(a: number, aCount: number, b: number, bCount: number, out: number): void;
  subtractRows(a: number, aCount: number, b: number, bCount: number, out: number): number;
  selectContaining: SelectByPart;
  selectEnding: SelectByPart;
  selectStarting: SelectByPart;
  selectEqual(views: number, rows: number, count: number, wanted: number, out: number): number;
  selectEqualJson(
    views: number,
    rows: number,
    count: number,
    wanted: number,
    longest: number,
    out: number,
    doubtful: number,
  ): number;
  resolveJson(
    tags: number,
    views: number,
    rows: number,
    count: number,
    outTags: number,
    outNumbers: number,
    outViews: number,
  ): number;
  walkJson(
    tags: number,
    views: number,
    rows: number,
    count: number,
    steps: number,
    stepCount: number,
    outTags: number,
    outViews: number,
    found: number,
    scratch: number,
    room: number,
  ): number;
  selectRange(numbers: number, count: number, low: number, high: number, out: number): number;
  indexBytes(start: number, end: number, out: number, a: number, b: number, c: number): number;
  findByte(start: number, end: number, byte: number): number;
  makeViews(starts: number, lengths: number, count: number, out: number): void;
  gatherViews(views: number, rows: number, count: number, out: number): void;
  hashTexts(views: number, count: number, out: number): void;
  copyBytes(to: number, from: number, length: number): number;
  equalBytes(a: number, b: number, length: number): number;
  findBytes(start: number, end: number, needle: number, length: number): number;
  escapeJson(to: number, from: number, length: number): number;
  decodeJson(
    starts: number,
    lengths: number,
    count: number,
    skip: number,
    names: number,
    slots: number,
    whole: number,
    texts: number,
    members: number,
    refused: number,
    index: number,
  ): number;
  findMember(start: number, end: number, key: number, length: number, found: number, scratch: number): number;
  findItem(start: number, end: number, index: number, found: number): number;
  listItems(start: number, end: number, views: number): number;
  findSecret(
    start: number,
    end: number,
    from: number,
    kinds: number,
    prefixes: number,
    found: number,
  ): number;
  flattenJson(to: number, from: number, length: number): number;
  unescapeJson(to: number, from: number, length: number): number;
  copyMembers(to: number, from: number, length: number, names: number, index: number): number;
  writeTextMember(to: number, key: number, keyLength: number, from: number, length: number): number;
  writeJsonRows(
    columns: number,
    count: number,
    row: number,
    rows: number,
    at: number,
    limit: number,
    state: number,
  ): number;
  splitAccessLog(
    starts: number,
    lengths: number,
    count: number,
    columns: number,
    others: number,
    combined: number,
  ): number;
  foldCrc32c(start: number, end: number): void;
  finishCrc32c(end: number, tables: number): number;
  sliceCrc32c(start: number, end: number, crc: number, tables: number): number;
}

/** The compiled kernels. Threads get them from each other, so that the code is compiled and optimised once a process. */
export type KernelModule = WebAssembly.Module;

let compiled: KernelModule | undefined;

/** Compiles the kernels, at the first call. Takes about a millisecond. */
export function compileKernels(): KernelModule {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNELS_WASM, 'base64'));
  return compiled;
}

/** Binds the kernels to `memory`. */
export function bindKernels(memory: WebAssembly.Memory, module: KernelModule): Kernels {
  const abort = () => {
    throw new Error('a kernel aborted');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
