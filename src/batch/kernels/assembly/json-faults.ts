// What can be wrong with a record, and what the kernels note of it.

/** What is wrong with a record; src/formats/json/faults.ts has the words. */
export const EMPTY: i32 = 1;
export const TOO_DEEP: i32 = 2;
export const NO_VALUE: i32 = 3;
export const NO_KEY: i32 = 4;
export const NO_COLON: i32 = 5;
export const NO_COMMA_IN_OBJECT: i32 = 6;
export const NO_COMMA_IN_ARRAY: i32 = 7;
export const TRAILING: i32 = 8;
export const BAD_SCALAR: i32 = 9;
export const CONTROL: i32 = 10;
export const BAD_ESCAPE: i32 = 11;
export const UNCLOSED: i32 = 12;
export const STRAY_CONTROL: i32 = 13;

/** The first fault of the record that is being read, 0 when there is none, and its address. */
export let faultCode: i32 = 0;
export let faultAt: usize = 0;

// @ts-ignore: decorator
@inline
export function clearFault(): void {
  faultCode = 0;
}

// @ts-ignore: decorator
@inline
export function fault(code: i32, at: usize): void {
  if (faultCode == 0 || at < faultAt) {
    faultCode = code;
    faultAt = at;
  }
}
