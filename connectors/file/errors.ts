import { MillraceError, messageOf } from '#component';

const ADVICE: Readonly<Record<string, readonly [code: string, advice: string]>> = {
  ENOENT: ['file_not_found', 'there is no such file; check the path'],
  EACCES: [
    'permission_denied',
    'this user may not; check the rights of the file and of the folders above it',
  ],
  EPERM: ['permission_denied', 'this user may not; check the rights of the file and of the folders above it'],
  EROFS: ['permission_denied', 'the file system is read-only; choose a path elsewhere'],
  EISDIR: ['is_a_folder', 'this is a folder; name a file'],
  ENOTDIR: ['not_a_folder', 'a part of the path before the last is a file; check the path'],
  EEXIST: ['not_a_folder', 'a part of the path before the last is a file; check the path'],
  ENOSPC: ['disk_full', 'there is no room left on the device; free some, then run again'],
  EDQUOT: ['disk_full', "this user's quota is used up; free some room, then run again"],
  EMFILE: [
    'too_many_files',
    'the process may not open more files; raise the limit (ulimit -n) or match fewer',
  ],
  ENFILE: ['too_many_files', 'the system cannot open more files; match fewer'],
};

/** An error of the file system in words: which file, what we were doing, and what to do. */
export function fileError(error: unknown, doing: 'read' | 'write', path: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const errno = (error as { code?: unknown }).code;
  const [code, advice] = ADVICE[String(errno)] ?? ['file_error', messageOf(error)];
  return new MillraceError(code, `cannot ${doing} ${path}: ${advice}`, {
    blame: 'external',
    cause: error,
  });
}
