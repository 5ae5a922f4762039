import { describe, expect, it } from 'vitest';
import { Claims } from '#component';

describe('claims', () => {
  it('let any number of stages read the same', () => {
    const claims = new Claims();
    claims.read('a', '1:1', 'in.log');
    claims.read('b', '1:1', 'in.log');
    claims.read('a', '1:1', 'in.log');
  });

  it('let nobody read what another writes, and say who and what to do', () => {
    const claims = new Claims();
    claims.write('out', '1:1', 'x.log');
    claims.write('out', '1:1', 'x.log');
    expect(() => claims.read('in', '1:1', 'x.log')).toThrow(
      '"in" cannot read x.log: "out" of this pipeline writes it; write to another file, or leave this one out of what is read (exclude)',
    );
  });

  it('let nobody write what another reads or writes', () => {
    const claims = new Claims();
    claims.read('in', '1:1', 'x.log');
    expect(() => claims.write('out', '1:1', 'x.log')).toThrow(
      '"out" cannot write x.log: "in" of this pipeline reads it',
    );
    claims.write('out', '1:2', 'y.log');
    expect(() => claims.write('other', '1:2', 'y.log')).toThrow('let one sink have the inputs of both');
  });

  it('end when they are released, for that stage', () => {
    const claims = new Claims();
    claims.read('a', '1:1', 'x.log');
    claims.read('b', '1:1', 'x.log');
    claims.release('a', '1:1');
    expect(() => claims.write('out', '1:1', 'x.log')).toThrow('"b"');
    claims.release('b', '1:1');
    claims.write('out', '1:1', 'x.log');
  });
});
