import { BACULA } from './bacula.js';
import { DATABASES } from './databases.js';
import { FIREWALLS } from './firewalls.js';
import { GENERAL } from './general.js';
import { JAVA } from './java.js';
import { NAGIOS } from './nagios.js';
import { SYSTEM } from './system.js';
import { WEB } from './web.js';

/** The files of the library, by what they are about. */
export const LIBRARY_FILES = {
  general: GENERAL,
  system: SYSTEM,
  web: WEB,
  firewalls: FIREWALLS,
  java: JAVA,
  databases: DATABASES,
  nagios: NAGIOS,
  bacula: BACULA,
} as const;

/**
 * A line of a file: `NAME pattern`, or `NAME@ecs pattern` and `NAME@legacy pattern` where they differ. Within one pattern
 * a capture may have two names, `%{IP:clientip|source.ip}`; one of them may be missing. A question mark behind the second
 * says that there a dash is an absent value.
 */
const LINE = /^(\w+)(?:@(ecs|legacy))? (.*)$/;
const TWO_NAMES = /%\{(\w+):([^|}]*)\|([^?}]*)(\??)\}|\(\?<([^|>]*)\|([^>]*)>/g;

export function libraryFrom(files: Iterable<string>, ecs: boolean): ReadonlyMap<string, string> {
  const library = new Map<string, string>();
  for (const line of [...files].flatMap((file) => file.split('\n'))) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, only, pattern] = LINE.exec(line)!;
    if (only === undefined || (only === 'ecs') === ecs) library.set(name!, withNames(pattern!, ecs));
  }
  return library;
}

function withNames(pattern: string, ecs: boolean): string {
  return pattern.replace(
    TWO_NAMES,
    (
      _,
      inner?: string,
      legacy?: string,
      other?: string,
      dash?: string,
      group?: string,
      otherGroup?: string,
    ) => {
      if (inner === undefined) {
        const name = ecs ? otherGroup : group;
        return name === '' ? '(?:' : `(?<${name}>`;
      }
      const name = ecs ? other : legacy;
      const reference = name === '' ? `%{${inner}}` : `%{${inner}:${name}}`;
      return ecs && dash === '?' ? `(?:-|${reference})` : reference;
    },
  );
}

const libraries = new Map<boolean, ReadonlyMap<string, string>>();

/** The texts of the library's patterns by name, with the names of fields of the Elastic Common Schema or without. */
export function libraryOf(ecs: boolean): ReadonlyMap<string, string> {
  let library = libraries.get(ecs);
  if (!library) {
    library = libraryFrom(Object.values(LIBRARY_FILES), ecs);
    libraries.set(ecs, library);
  }
  return library;
}
