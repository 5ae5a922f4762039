import { LIBRARY_FILES, libraryFrom, libraryOf } from './library/index.js';
import { groupsOf } from './pattern.js';

/** A pattern of the library, for the documentation. */
export interface LibraryPattern {
  readonly name: string;
  readonly text: string;
  /** The fields that it makes, with their types: those named as ever, and those of the Elastic Common Schema. */
  readonly fields: readonly string[];
  readonly ecsFields: readonly string[];
}

/** The patterns of the library by subject, in the order of its files. */
export function grokLibrary(): ReadonlyMap<string, readonly LibraryPattern[]> {
  const fieldsOf = (name: string, ecs: boolean): readonly string[] => {
    const library = libraryOf(ecs);
    return library.has(name) ? [...new Set(groupsOf(`%{${name}}`, (inner) => library.get(inner)))] : [];
  };
  return new Map(
    Object.entries(LIBRARY_FILES).map(([subject, file]) => {
      const texts = new Map([...libraryFrom([file], true), ...libraryFrom([file], false)]);
      const patterns = Array.from(texts, ([name, text]) => ({
        name,
        text,
        fields: fieldsOf(name, false),
        ecsFields: fieldsOf(name, true),
      }));
      return [subject, patterns];
    }),
  );
}
