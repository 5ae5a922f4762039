import { type FileHandle, open } from 'node:fs/promises';
import type { FramingOptions, StageContext } from '#component';
import { fileError } from './errors.js';
import type { Patterns } from './find.js';
import type { Compression } from './input.js';

/** The options of the source, as its parts use them. */
export interface FileSourceOptions {
  readonly patterns: Patterns;
  readonly compression: Compression | 'auto';
  readonly start: 'beginning' | 'end';
  readonly pollIntervalMs: number;
  readonly rotateWaitMs: number;
  readonly framing: FramingOptions;
  readonly context: StageContext;
}

export async function openFile(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw fileError(error, 'read', name);
  }
}
